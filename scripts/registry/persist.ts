import { setTimeout as sleep } from 'node:timers/promises'
import { RegistryError } from './errors.ts'
import type { Limits } from './limits.ts'

/**
 * Asks `who` until it works, `limits.tries` times at most and no longer than `end` ms in all: only what may pass by itself is
 * tried again, a lost connection and a server that has no time. Throws RegistryError.
 */
export async function persist<T>(
  who: string,
  limits: Limits,
  end: number,
  attempt: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stop = new AbortController()
  const timer = setTimeout(
    () =>
      stop.abort(
        new RegistryError(
          'unreachable',
          `${who} does not answer in full: ${end / 1000} s are over; try again later`,
        ),
      ),
    end,
  )
  const started = Date.now()
  try {
    for (let tries = 1; ; tries++) {
      try {
        return await attempt(stop.signal)
      } catch (error) {
        if (!(error instanceof RegistryError) || !['lost', 'busy'].includes(error.trouble)) throw error
        const pause = error.after ?? limits.pause * 2 ** (tries - 1) * (0.75 + Math.random() / 2)
        if (tries >= limits.tries) throw error
        if (Date.now() - started + pause > end) {
          const wait = error.after
            ? `, and asks to be left alone for ${Math.round(error.after / 1000)} s`
            : ''
          throw new RegistryError(error.trouble, `${error.message}${wait}: try again later`)
        }
        await sleep(pause)
      }
    }
  } finally {
    clearTimeout(timer)
  }
}

/** A `Retry-After`, seconds or a date, as ms from now. */
export function retryAfter(value: string | undefined): number | undefined {
  if (!value) return undefined
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000
  const date = Date.parse(value)
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now())
}
