import { UserError } from '../lib/errors.ts'

/** Where a registry keeps an image. */
export interface Reference {
  readonly host: string
  readonly repository: string
  /** A tag, or the digest of a manifest or an index. */
  readonly version: string
}

/** `localhost:5000/eks-distro/minimal-base:tag` or `…@sha256:…`. Throws UserError for anything else: nothing is guessed. */
export function parseReference(text: string): Reference {
  const match =
    /^([\w.-]+(?::\d+)?|\[[\da-f:]+\](?::\d+)?)\/([a-z\d][a-z\d._/-]*)(?::([\w][\w.-]{0,127}))?(?:@(sha256:[\da-f]{64}))?$/.exec(
      text,
    )
  const version = match?.[4] ?? match?.[3]
  if (!match || !version) {
    throw new UserError(
      `${text} is no image reference: write it as HOST/REPOSITORY:TAG or HOST/REPOSITORY@sha256:…`,
    )
  }
  return { host: match[1]!, repository: match[2]!, version }
}
