/**
 * Compares two versions, or two releases, as rpm does (rpmvercmp): below 0 where `a` is older. Runs of digits compare as
 * numbers, runs of letters as text, digits beat letters; `~` is older than the end, `^` newer.
 */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [segments(a), segments(b)]
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const order = compareSegments(left[index], right[index])
    if (order !== 0) return order
  }
  return 0
}

/** Separators count for nothing but as the end of a run. */
function segments(version: string): string[] {
  return version.match(/\d+|[a-z]+|[~^]/gi) ?? []
}

function compareSegments(a: string | undefined, b: string | undefined): number {
  if (a === b) return 0
  if (a === '~' || b === '~') return a === '~' ? -1 : 1
  // The one that ends here is older than the one with a caret; any other continuation is newer than a caret.
  if (a === '^') return b === undefined ? 1 : -1
  if (b === '^') return a === undefined ? -1 : 1
  if (a === undefined || b === undefined) return a === undefined ? -1 : 1
  const [aIsNumber, bIsNumber] = [/^\d/.test(a), /^\d/.test(b)]
  if (aIsNumber !== bIsNumber) return aIsNumber ? 1 : -1
  if (!aIsNumber) return a < b ? -1 : 1
  const [short, long] = [a.replace(/^0+/, ''), b.replace(/^0+/, '')]
  return short.length - long.length || (short === long ? 0 : short < long ? -1 : 1)
}
