import type { Platform } from '../lib/settings.ts'

/** What one image adds, here and upstream. */
export interface Additions {
  /** How many packages both add. */
  readonly same: number
  readonly missing: readonly string[]
  readonly extra: readonly string[]
}

export interface OnPlatform extends Additions {
  readonly platform: Platform
}

/** One package that only one side adds, and why; without a word for it the reason is empty. */
export interface Difference {
  readonly image: string
  readonly kind: 'missing' | 'extra'
  readonly name: string
  /** The one platform that it is so on, where it is not so on all. */
  readonly on?: Platform
  readonly reason: string
}

export function compareAdditions(here: readonly string[], upstream: readonly string[]): Additions {
  return {
    same: here.filter(name => upstream.includes(name)).length,
    missing: upstream.filter(name => !here.includes(name)),
    extra: here.filter(name => !upstream.includes(name)),
  }
}

/** @param reasons package → reason; `image package` → a reason for that image alone */
export function differencesOf(
  image: string,
  compared: readonly OnPlatform[],
  reasons: Readonly<Record<'missing' | 'extra', Readonly<Record<string, string>>>>,
): Difference[] {
  return (['missing', 'extra'] as const).flatMap(kind =>
    [...new Set(compared.flatMap(one => one[kind]))].map(name => {
      const on = compared.filter(one => one[kind].includes(name)).map(({ platform }) => platform)
      const reason = reasons[kind][`${image} ${name}`] ?? reasons[kind][name] ?? ''
      return { image, kind, name, reason, ...(on.length < compared.length && { on: on[0]! }) }
    }),
  )
}
