import { UserError } from '../lib/errors.ts'

/** Where a registry keeps an image. */
export interface Reference {
  readonly host: string
  readonly repository: string
  /** A tag, or the digest of a manifest or an index. */
  readonly version: string
}

const host =
  /(?<host>localhost(?::\d{1,5})?|[\w-]+(?:\.[\w-]+)+(?::\d{1,5})?|[\w-]+:\d{1,5}|\[[\da-f:]+\](?::\d{1,5})?)/
const component = '[a-z\\d]+(?:(?:[._]|__|-+)[a-z\\d]+)*'
const version = /(?::(?<tag>\w[\w.-]{0,127}))?(?:@(?<digest>sha256:[\da-f]{64}))?/
const pattern = new RegExp(`^${host.source}/(?<path>${component}(?:/${component})*)${version.source}$`, 'i')

/**
 * `localhost:5000/eks-distro/minimal-base:tag` or `…@sha256:…`; Docker Hub is `docker.io/library/debian:12`, or without
 * `library`. Throws UserError for anything else: no host and no tag is guessed.
 */
export function parseReference(text: string): Reference {
  const { host, path, tag, digest } = pattern.exec(text)?.groups ?? {}
  const found = digest ?? tag
  if (!host || !path || !found || path !== path.toLowerCase() || !URL.canParse(`https://${host}`)) {
    throw new UserError(
      `${text} is no image reference: write it as HOST/REPOSITORY:TAG or HOST/REPOSITORY@sha256:…, as docker.io/library/debian:12`,
    )
  }
  const hub = /^(index\.|registry-1\.)?docker\.io$/i.test(host)
  return {
    host: hub ? 'docker.io' : host,
    repository: hub && !path.includes('/') ? `library/${path}` : path,
    version: found,
  }
}
