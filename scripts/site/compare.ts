/** What one image adds, here and upstream. */
export interface Additions {
  /** How many packages both add. */
  readonly same: number
  readonly missing: readonly string[]
  readonly extra: readonly string[]
}

/** One package that only one side adds, and why; without a word for it the reason is empty. */
export interface Difference {
  readonly image: string
  readonly kind: 'missing' | 'extra'
  readonly name: string
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
  compared: readonly (Additions & { readonly image: string })[],
  reasons: Readonly<Record<'missing' | 'extra', Readonly<Record<string, string>>>>,
): Difference[] {
  return compared.flatMap(({ image, ...additions }) =>
    (['missing', 'extra'] as const).flatMap(kind =>
      additions[kind].map(name => ({
        image,
        kind,
        name,
        reason: reasons[kind][`${image} ${name}`] ?? reasons[kind][name] ?? '',
      })),
    ),
  )
}
