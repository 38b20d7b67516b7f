import { relative } from 'node:path'
import { showBytes } from '../lib/bytes.ts'
import { UserError } from '../lib/errors.ts'
import { repoRoot } from '../lib/paths.ts'
import type { FileEntry } from '../oci/files.ts'
import { nvra, type Package } from '../rpm/package.ts'
import type { Image } from '../workspace/workspace.ts'

/** What a budget is held against, and what says where it went. */
export interface Spending {
  readonly platform: string
  /** Compressed bytes of all layers. */
  readonly bytes: number
  readonly packages: readonly Package[]
  readonly files: readonly FileEntry[]
  /** Lines of the checked-in list; where there is none, what the parent has. */
  readonly before: { readonly what: string; readonly packages: ReadonlySet<string> }
  /** Paths of the parent. */
  readonly parentFiles: ReadonlySet<string>
}

/** Throws UserError that names the image, the budget, the value and the biggest of what is new, if it is exceeded. */
export function checkBudget({ name, dir, budget = {} }: Image, spent: Spending): void {
  const values = { bytes: spent.bytes, packages: spent.packages.length }
  for (const what of ['bytes', 'packages'] as const) {
    const [value, most] = [values[what], budget[what]]
    if (most === undefined || value <= most) continue
    const unit = what === 'bytes' ? 'bytes to download' : 'packages'
    throw new UserError(
      `${name} for ${spent.platform} has ${value} ${unit}, ${value - most} more than its budget of ${most}; ` +
        `${additions(spent)}; leave something out, or raise "budget" in ${relative(repoRoot, dir)}/package.json`,
    )
  }
}

const shown = 8

function additions({ packages, files, before, parentFiles }: Spending): string {
  const owned = new Set(packages.flatMap(one => one.files.map(({ path }) => path)))
  const unowned = files.filter(
    ({ path, type }) => type === 'file' && !owned.has(path) && !parentFiles.has(path),
  )
  const all = [
    ...packages
      .filter(one => !before.packages.has(nvra(one)))
      .map(one => ({ what: nvra(one), bytes: one.size })),
    ...unowned.map(({ path, size }) => ({ what: path, bytes: size })),
  ].sort((a, b) => b.bytes - a.bytes)
  const named = all.slice(0, shown).map(({ what, bytes }) => `${what} (${showBytes(bytes)})`)
  const more = all.length > shown ? ` and ${all.length - shown} more` : ''
  return all.length > 0
    ? `against ${before.what} it has ${named.join(', ')}${more}`
    : `nothing is new against ${before.what}`
}
