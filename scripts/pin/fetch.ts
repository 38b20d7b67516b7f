import { UserError } from '../lib/errors.ts'
import { RegistryError } from '../registry/errors.ts'
import { collect, exchange } from '../registry/exchange.ts'
import { promptLimits as limits } from '../registry/limits.ts'
import { isPrivate } from '../registry/origin.ts'
import { persist } from '../registry/persist.ts'
import { retryLater } from '../registry/refusal.ts'

/**
 * A text that a server has at `url`, which is asked over https, or over http on this machine; undefined where it has
 * none. Amazon's servers answer 403 for what is not there. Throws UserError, after a few seconds at most.
 */
export async function fetchText(url: URL): Promise<string | undefined> {
  if (!isPrivate(url, url)) throw new UserError(`${url.href} is not asked: only https is`)
  return await persist(url.host, limits, limits.end, async signal => {
    const answer = await exchange(url, { headers: {} }, limits, signal)
    if (answer.status === 200) return (await collect(answer, limits.manifest, url.href)).toString()
    answer.discard()
    if (answer.status === 403 || answer.status === 404) return undefined
    if (answer.status === 429 || answer.status === 408 || answer.status >= 500)
      throw retryLater(url.host, answer)
    throw new RegistryError('broken', `${url.href} answers ${answer.status}`)
  })
}
