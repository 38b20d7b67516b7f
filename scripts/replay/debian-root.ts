import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parseElf } from '../image/elf.ts'
import { mergedPath } from '../rpm/package.ts'

export interface DebianProgram {
  readonly bytes: Buffer
  /** Sonames. */
  readonly needed: readonly string[]
}

const triplets = ['x86_64-linux-gnu', 'aarch64-linux-gnu']

/** The file of a Debian root that is what another distribution has at `path`: libraries lie in another folder there. */
export function debianPlace(root: string, path: string): string | undefined {
  const merged = mergedPath(path)
  const inDebian = triplets.map(triplet => merged.replace(/^\/usr\/lib64\//, `/usr/lib/${triplet}/`))
  for (const place of [merged, ...inDebian].map(one => join(root, one)).filter(existsSync)) {
    const real = realpathSync(place)
    // An absolute link would lead out of the root.
    if (real.startsWith(`${root}/`) && statSync(real).isFile()) return real
  }
  return undefined
}

/** Undefined for what is no ELF file. */
export function programAt(place: string): DebianProgram | undefined {
  const bytes = readFileSync(place)
  const elf = parseElf(bytes)
  return elf && { bytes, needed: elf.needed }
}
