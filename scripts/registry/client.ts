import { createHash } from 'node:crypto'
import { type AuthFile, authFiles, trustedTokenHosts } from '../lib/settings.ts'
import type { Descriptor } from '../oci/blobs.ts'
import { type Authorization, authorize } from './authorization.ts'
import { download } from './download.ts'
import { RegistryError } from './errors.ts'
import { type Answer, collect, exchange } from './exchange.ts'
import { type Limits, usualLimits } from './limits.ts'
import { checkNamedFiles, findLogin, type Logins } from './login.ts'
import { registryOrigin } from './origin.ts'
import { persist } from './persist.ts'
import type { Reference } from './reference.ts'
import { refusal, retryLater } from './refusal.ts'

/** One repository of a registry. All methods throw RegistryError, one line without a secret, and end in bounded time. */
export interface Repository {
  readonly limits: Limits
  /** A manifest or an index by tag or digest; `missing` is what to say when it is not there. */
  manifest(version: string, missing?: string): Promise<{ bytes: Buffer; type: string; digest: string }>
  /** Writes the bytes that `digest` vouches for into `file`; `what` names them. */
  blob(blob: Descriptor, file: string, what: string): Promise<void>
  /** The same from an address outside of the registry, which is shown no login. */
  foreign(url: URL, blob: Descriptor, file: string, what: string): Promise<void>
}

export interface Options {
  readonly limits?: Limits
  readonly files?: readonly AuthFile[]
  /** Hosts of token servers that may see the password. */
  readonly trusted?: readonly string[]
}

const accept = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ')

/** Opens a repository; nothing is asked yet. Throws UserError when a file of logins that the caller names is broken. */
export function openRepository(
  { host, repository, version }: Reference,
  { limits = usualLimits, files = authFiles(), trusted = trustedTokenHosts() }: Options = {},
): Repository {
  checkNamedFiles(files)
  const registry = registryOrigin(host)
  const scope = `repository:${repository}:pull`
  let logins: Promise<Logins> | undefined
  let challenges: readonly string[] = []
  let authorization: Authorization | undefined

  async function logIn(signal: AbortSignal): Promise<void> {
    logins ??= findLogin(host, repository, files)
    const asker = { registry, host, scope, logins: await logins, trusted, limits, signal }
    authorization = await authorize(challenges, asker)
  }

  /** Asks with what opened the door before; with a new token, once, when that has expired. */
  async function ask(path: string, headers: Record<string, string>, signal: AbortSignal): Promise<Answer> {
    let fresh = false
    if (authorization && authorization.until <= Date.now()) {
      await logIn(signal)
      fresh = true
    }
    for (;;) {
      const all = { ...headers, ...(authorization && { authorization: authorization.header }) }
      const answer = await exchange(
        new URL(`/v2/${repository}/${path}`, registry),
        { headers: all },
        limits,
        signal,
      )
      if (answer.status !== 401 || answer.url.origin !== registry.origin || fresh) return answer
      answer.discard()
      challenges = answer.header('www-authenticate')
      await logIn(signal)
      fresh = true
    }
  }

  async function checked(answer: Answer, what: string, missing: string): Promise<Answer> {
    const { status, url } = answer
    if (status === 200 || status === 206) return answer
    answer.discard()
    const who = url.host === registry.host ? host : `${url.host}, where ${host} sends on to,`
    if (status === 404) throw new RegistryError('missing', missing)
    if (status === 429 || status === 408 || status >= 500) throw retryLater(who, answer)
    if ((status === 401 || status === 403) && url.origin === registry.origin) {
      throw refusal({ host, scope, logins: await (logins ?? findLogin(host, repository, files)) })
    }
    throw new RegistryError('broken', `${who} answers ${status} for ${what}`)
  }

  return {
    limits,
    async manifest(name, missing = `${host} has no ${repository}, or no ${version} of it`) {
      const what = `${host}/${repository}: its manifest`
      return await persist(host, limits, limits.end, async signal => {
        const answer = await checked(await ask(`manifests/${name}`, { accept }, signal), what, missing)
        const bytes = await collect(answer, limits.manifest, what)
        const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
        if (name.startsWith('sha256:') && digest !== name) {
          throw new RegistryError(
            'broken',
            `${host} sent ${digest} where ${name} was asked for: the registry's copy is damaged`,
          )
        }
        const [type = ''] = answer.header('content-type')
        return { bytes, type: type.replace(/;.*/s, '').trim().toLowerCase(), digest }
      })
    },
    async blob(blob, file, what) {
      const missing = `${host} has the manifest of ${repository}, but not ${what}, ${blob.digest}: push the image again`
      await download(host, blob, file, what, limits, async (headers, signal) =>
        checked(await ask(`blobs/${blob.digest}`, headers, signal), what, missing),
      )
    },
    async foreign(url, blob, file, what) {
      await download(url.host, blob, file, what, limits, async (headers, signal) => {
        const answer = await exchange(url, { headers }, limits, signal)
        if (answer.status === 200 || answer.status === 206) return answer
        answer.discard()
        throw new RegistryError('broken', `${url.host} answers ${answer.status} for ${what}, ${blob.digest}`)
      })
    },
  }
}
