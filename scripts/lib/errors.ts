/**
 * An error whose message is all that a person needs: it names the thing, the value, what is allowed and what
 * to do next. `lib/cli.ts` prints it without a stack and exits 1; any other error is a defect and keeps its stack.
 */
export class UserError extends Error {
  override name = 'UserError'
}

/** "glibc" → `nearest('glibc', names)` → the three names that take the fewest edits to reach, closest first. */
export function nearest(word: string, names: readonly string[]): string[] {
  const scored = names.map(name => ({ name, edits: name.includes(word) ? 0 : editDistance(word, name) }))
  return scored
    .filter(({ name, edits }) => edits <= Math.max(2, name.length / 3))
    .sort((a, b) => a.edits - b.edits || a.name.localeCompare(b.name))
    .slice(0, 3)
    .map(({ name }) => name)
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const swap = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, swap))
    }
    row = next
  }
  return row[b.length]!
}
