import type { Asker } from './authorization.ts'
import { RegistryError } from './errors.ts'
import type { Answer } from './exchange.ts'
import { retryAfter } from './persist.ts'

/** What to do where a registry wants a login, or another one. */
export function refusal({
  host,
  scope,
  logins: { login, trouble },
}: Pick<Asker, 'host' | 'scope' | 'logins'>): RegistryError {
  const repository = scope.split(':')[1]!
  const how = `run 'docker login ${host}' or 'skopeo login ${host}'`
  if (login) {
    const who = `the login in ${login.from}`
    return new RegistryError(
      'denied',
      `${host} does not let ${who} read ${repository}, or it is not there: ${how} as somebody who may`,
    )
  }
  const hint = trouble ? ` (${trouble})` : ''
  return new RegistryError(
    'denied',
    `${host} lets nobody read ${repository} without a login, or it is not there: ${how}${hint}`,
  )
}

/** The server has no time: worth another try, when it says so or a little later. */
export function retryLater(who: string, { status, header }: Answer): RegistryError {
  return new RegistryError('busy', `${who} answers ${status}`, retryAfter(header('retry-after')[0]))
}
