import { groupBy } from '../lib/group-by.ts'
import type { Change } from './changes.ts'

/** So many changes of one kind are shown one by one; more are told by directory. */
const shown = 8

/**
 * The changes as a person wants to read them: what came or went with a package that came or went is left to that
 * package, except programs, and many files of one kind become one line for each directory, `/usr/lib/python3.11/` with a count.
 */
export function fold(changes: readonly Change[]): (Change & { readonly count?: number })[] {
  const moved = new Set(
    changes
      .filter(({ about, kind }) => about === 'package' && (kind === 'added' || kind === 'removed'))
      .map(({ what }) => what),
  )
  const told = changes.filter(({ about, package: of }) => about !== 'file' || !of || !moved.has(of))
  const byKind = groupBy(told, ({ about, kind }) => `${about} ${kind}`)
  return [...byKind.values()].flatMap(same =>
    same.length <= shown || !same[0].what.startsWith('/') ? same : byDirectory(same),
  )
}

/** The deepest directories that are few enough. */
function byDirectory(changes: readonly Change[]): (Change & { count: number })[] {
  for (let depth = 5; ; depth--) {
    const directories = groupBy(changes, ({ what }) => directory(what, depth))
    if (directories.size > shown && depth > 1) continue
    return [...directories].map(([what, inside]) => {
      const bytes = inside.reduce((sum, { bytes: one = 0 }) => sum + one, 0)
      const [{ about, kind }] = inside
      return { about, kind, what, bytes, count: inside.length }
    })
  }
}

function directory(path: string, depth: number): string {
  const parts = path.split('/').slice(1, -1)
  return `/${parts.slice(0, depth).join('/')}/`
}
