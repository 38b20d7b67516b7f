import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { UserError } from '../lib/errors.ts'
import { registryAuthFile } from '../lib/settings.ts'
import type { Reference } from './reference.ts'

/** Asks one repository of a registry, by the OCI distribution protocol. */
export interface Client {
  /** Throws UserError, which names the reference, for every answer that is not what was asked for. */
  get(path: string, accept: string): Promise<Response>
}

/** No answer for so long, in ms, means that there will be none. */
const patience = 30_000

/**
 * A client with the credentials that `docker login` or `podman login` left for the host, else with the anonymous token
 * that a registry hands out. Registries on the loopback address speak plain http.
 */
export function openRepository({ host, repository, version }: Reference): Client {
  const scheme = /^(localhost|127\.|\[::1\])/.test(host) ? 'http' : 'https'
  const name = `${host}/${repository}`
  let authorization: string | undefined
  const ask = async (path: string, accept: string) => {
    const headers = { accept, ...(authorization && { authorization }) }
    const silence = new AbortController()
    const timer = setTimeout(() => silence.abort(new Error(`no word in ${patience / 1000} s`)), patience)
    try {
      const url = `${scheme}://${host}/v2/${repository}/${path}`
      return await fetch(url, { headers, signal: silence.signal })
    } catch (error) {
      const { cause, message } = error as Error & { cause?: Error }
      throw new UserError(`${host} does not answer: ${cause?.message || message}`)
    } finally {
      // A layer may take longer than an answer.
      clearTimeout(timer)
    }
  }
  return {
    async get(path, accept) {
      let answer = await ask(path, accept)
      if (answer.status === 401 && authorization === undefined) {
        authorization = await authorize(answer.headers.get('www-authenticate') ?? '', host)
        answer = await ask(path, accept)
      }
      if (answer.ok) return answer
      if (answer.status === 404) throw new UserError(`${host} has no ${repository}, or no ${version} of it`)
      if (answer.status === 401 || answer.status === 403) {
        throw new UserError(
          `${host} lets nobody read ${repository} without a login: run 'docker login ${host}'`,
        )
      }
      throw new UserError(`${host} answers ${answer.status} ${answer.statusText} for ${name}/${path}`)
    },
  }
}

/** What the `Authorization` header has to say to answer a challenge. */
async function authorize(challenge: string, host: string): Promise<string> {
  const login = storedLogin(host)
  const basic = login && `Basic ${login}`
  if (!/^bearer /i.test(challenge)) return basic ?? ''
  const pairs = [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key, value])
  const { realm, ...query } = Object.fromEntries(pairs) as { realm: string }
  const answer = await fetch(`${realm}?${new URLSearchParams(query)}`, {
    headers: basic ? { authorization: basic } : {},
    signal: AbortSignal.timeout(patience),
  })
  if (!answer.ok) throw new UserError(`${host} hands out no token: ${realm} answers ${answer.status}`)
  const { token, access_token } = (await answer.json()) as { token?: string; access_token?: string }
  return `Bearer ${token ?? access_token}`
}

/** `user:password` in base64, as the files of docker and podman keep it. */
function storedLogin(host: string): string | undefined {
  const files = [registryAuthFile(), join(homedir(), '.docker', 'config.json')]
  for (const file of files) {
    if (!file) continue
    try {
      const { auths = {} } = JSON.parse(readFileSync(file, 'utf8')) as {
        auths?: Record<string, { auth?: string }>
      }
      const auth = auths[host]?.auth
      if (auth) return auth
    } catch {
      // Not there: nobody logged in.
    }
  }
  return undefined
}
