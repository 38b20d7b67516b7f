import { UserError } from '../lib/errors.ts'

const accepted = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ')

/**
 * The digest that a registry has for `host/repository:tag`, by the OCI distribution protocol, with the anonymous token
 * that a registry hands out. `undefined` when it cannot be reached within `timeout` ms or has no time for us; UserError
 * when it answers that it has no such image.
 */
export async function remoteDigest(reference: string, timeout = 5000): Promise<string | undefined> {
  const match = /^([^/]+)\/(.+):([^:/]+)$/.exec(reference)
  if (!match) throw new UserError(`${reference} is no image reference: write it as HOST/REPOSITORY:TAG`)
  const [, host, repository, tag] = match
  const scheme = /^(localhost|127\.|\[::1\])/.test(host!) ? 'http' : 'https'
  const url = `${scheme}://${host}/v2/${repository}/manifests/${tag}`
  const ask = (headers: Record<string, string>) =>
    fetch(url, {
      method: 'HEAD',
      headers: { accept: accepted, ...headers },
      signal: AbortSignal.timeout(timeout),
    })
  let answer: Response
  try {
    answer = await ask({})
    const challenge = answer.headers.get('www-authenticate')
    if (answer.status === 401 && challenge) {
      answer = await ask({ authorization: `Bearer ${await anonymousToken(challenge, timeout)}` })
    }
  } catch {
    return undefined
  }
  const digest = answer.headers.get('docker-content-digest')
  if (answer.ok && digest) return digest
  if (answer.status !== 404) return undefined
  throw new UserError(
    `${host} answers ${answer.status} for ${reference}: check the tag in the distro's data file`,
  )
}

async function anonymousToken(challenge: string, timeout: number): Promise<string> {
  const fields = Object.fromEntries(
    [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key, value]),
  )
  const { realm, ...query } = fields as { realm: string }
  const answer = await fetch(`${realm}?${new URLSearchParams(query)}`, {
    signal: AbortSignal.timeout(timeout),
  })
  const { token } = (await answer.json()) as { token: string }
  return token
}
