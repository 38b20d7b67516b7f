import { type Challenge, parseChallenges } from './challenge.ts'
import { quoted, RegistryError } from './errors.ts'
import { type Ask, collect, exchange } from './exchange.ts'
import type { Limits } from './limits.ts'
import type { Login, Logins } from './login.ts'
import { isPrivate, mayHavePassword } from './origin.ts'
import { persist } from './persist.ts'
import { refusal, retryLater } from './refusal.ts'

/** Who asks for what, and where. */
export interface Asker {
  readonly registry: URL
  /** As the caller wrote it. */
  readonly host: string
  /** What is to be done: `repository:NAME:pull`. */
  readonly scope: string
  readonly logins: Logins
  /** Further hosts that may see the password. */
  readonly trusted: readonly string[]
  readonly limits: Limits
  /** Ends all of it. */
  readonly signal: AbortSignal
}

export interface Authorization {
  /** What an `Authorization` header has to say. */
  readonly header: string
  /** When it stops to be true, in ms since 1970. */
  readonly until: number
}

/**
 * Answers the challenges of a registry (`WWW-Authenticate`): Bearer with a token of the server that it names, Basic with
 * the password itself. Throws RegistryError, of one line without a secret, when they cannot be answered.
 */
export async function authorize(challenges: readonly string[], asker: Asker): Promise<Authorization> {
  const all = parseChallenges(challenges)
  const bearer = all.find(({ scheme }) => scheme === 'bearer')
  if (bearer) return await fetchToken(bearer, asker)
  const { host, logins } = asker
  if (!all.some(({ scheme }) => scheme === 'basic')) {
    const asked = all.map(({ scheme }) => scheme).join(', ')
    const how = asked ? `for a login by ${quoted(asked)}` : 'for a login, and does not say which'
    throw new RegistryError('broken', `${host} asks ${how}: Basic and Bearer are known here`)
  }
  const { login } = logins
  if (!login) throw refusal(asker)
  if ('identityToken' in login) {
    throw new RegistryError('denied', `${host} wants a password, and ${login.from} has a token: log in again`)
  }
  return { header: basic(login), until: Number.POSITIVE_INFINITY }
}

async function fetchToken({ parameters }: Challenge, asker: Asker): Promise<Authorization> {
  const { registry, host, logins, limits, trusted } = asker
  const realm = readRealm(parameters.realm, asker)
  const login = mayHavePassword(realm, registry, trusted) ? logins.login : undefined
  const query = new URLSearchParams({ scope: parameters.scope ?? asker.scope })
  if (parameters.service !== undefined) query.set('service', parameters.service)
  const asked = Date.now()
  const bytes = await persist(realm.host, limits, limits.end, async signal => {
    const answer = await exchange(
      ...question(realm, query, login),
      limits,
      AbortSignal.any([signal, asker.signal]),
    )
    const { status } = answer
    if (status === 200) return await collect(answer, limits.token, `the token of ${realm.host}`)
    answer.discard()
    if (status === 429 || status >= 500)
      throw retryLater(`${realm.host}, which hands out tokens for ${host},`, answer)
    if (status !== 401 && status !== 403) {
      throw new RegistryError('broken', `${host} hands out no token: ${realm.host} answers ${status}`)
    }
    if (login || !logins.login) throw refusal(asker)
    const why = `${host} has its logins checked by ${realm.host}, which is not shown the password`
    throw new RegistryError('denied', `${why}: set REGISTRY_TOKEN_HOSTS=${realm.hostname} if you trust it`)
  })
  return readToken(bytes, realm, asked)
}

/** Where tokens are handed out; nobody is asked over plain http but this machine by itself. */
function readRealm(realm: string | undefined, { host, registry }: Asker): URL {
  if (!realm)
    throw new RegistryError('broken', `${host} asks for a token and does not say where to get one: no realm`)
  const wrong = (why: string) =>
    new RegistryError('broken', `${host} says that ${quoted(realm)} hands out its tokens, ${why}`)
  if (!URL.canParse(realm)) throw wrong('which is no address')
  const url = new URL(realm)
  if (url.username || url.password)
    throw new RegistryError('broken', `${host}: the realm of its tokens holds a login`)
  if (!isPrivate(url, registry)) throw wrong('but only https is used')
  return url
}

/** GET with the password, or, with an identity token, the POST of OAuth 2. */
function question(realm: URL, query: URLSearchParams, login: Login | undefined): [URL, Ask] {
  const url = new URL(realm)
  if (login && 'identityToken' in login) {
    const form = {
      grant_type: 'refresh_token',
      client_id: 'eks-distro-base-workshop',
      refresh_token: login.identityToken,
    }
    const body = `${query}&${new URLSearchParams(form)}`
    return [url, { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body }]
  }
  if (login) query.set('account', login.user)
  for (const [name, value] of query) url.searchParams.append(name, value)
  return [url, { headers: login ? { authorization: basic(login) } : {} }]
}

/** Registries that do not say how long a token lives mean this, in s. */
const usualLife = 60

function readToken(bytes: Buffer, realm: URL, asked: number): Authorization {
  let value: Record<string, unknown>
  try {
    value = Object(JSON.parse(bytes.toString())) as Record<string, unknown>
  } catch {
    throw new RegistryError('broken', `${realm.host} sent a token that is not JSON`)
  }
  const token = value.token || value.access_token
  if (typeof token !== 'string' || !/^[!-~]+$/.test(token)) {
    throw new RegistryError('broken', `${realm.host} sent JSON without a token`)
  }
  const life = typeof value.expires_in === 'number' && value.expires_in > 0 ? value.expires_in : usualLife
  return { header: `Bearer ${token}`, until: asked + life * 1000 }
}

function basic(login: Login): string {
  if ('identityToken' in login) throw new Error('an identity token is no password')
  return `Basic ${Buffer.from(`${login.user}:${login.password}`).toString('base64')}`
}
