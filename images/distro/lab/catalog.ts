import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'
import { UserError } from '../../../scripts/lib/errors.ts'
import { ARCHES, type LabArch } from './arch.ts'

/** One RPM of the lab, as a file of `packages/` describes it. Paths are AL2023's, patterns know `*` (any characters). */
export interface RpmPlan {
  name: string
  /** Debian packages that it is made from; none = own content only */
  from: string[]
  /** the package of the npm registry that it is made from, unpacked in /package: `NAME@VERSION INTEGRITY` */
  npm?: string
  /** instead of the first Debian package's version */
  version?: string
  noarch?: boolean
  /** keep only these */
  include?: string[]
  exclude?: string[]
  /** path prefix → path prefix, before include and exclude are asked */
  move?: Record<string, string>
  /** path → what it points at */
  links?: Record<string, string>
  /** path → content */
  text?: Record<string, string>
  /** directories to make */
  dirs?: string[]
  /** path → octal mode, of files and directories */
  modes?: Record<string, string>
  /** path of one program that all those in the bin directories become scripts of */
  multicall?: string
  /** made on the target by a scriptlet, owned by the package */
  ghost?: string[]
  /** header tags of the spec beyond what is derived: `Requires(pre)` and the like → values */
  tags?: Record<string, string[]>
  /** a spec's directive without its % (`post`, `pre -p <lua>`, …) → the script */
  scriptlets?: Record<string, string>
}

export interface Catalog {
  packages: RpmPlan[]
  /** directories that `filesystem` owns and no other package needs to */
  shared: Set<string>
}

type Fields = Omit<RpmPlan, 'name' | 'from' | 'npm'> & {
  from?: string
  npm?: string | Record<LabArch, string>
}
/** What holds for some architectures alone; the others have no such package. */
type ByArch = Fields & Partial<Record<LabArch, Fields>>

/** Reads every file of `packages/` for one architecture and release. */
export async function readCatalog(arch: LabArch, release: number): Promise<Catalog> {
  const { rpm, triplet } = ARCHES[arch]
  const words: Record<string, string> = {
    rpm,
    triplet,
    dashed: triplet.replaceAll('_', '-'),
    release: `${release}`,
  }
  const folder = join(import.meta.dirname, 'packages')
  const plans = new Map<string, RpmPlan>()
  for (const file of (await readdir(folder)).sort()) {
    const source = await readFile(join(folder, file), 'utf8')
    const entries = parse(source.replace(/\$\{(\w+)\}/g, (all, word) => words[word] ?? all))
    for (const [name, entry] of Object.entries<string | null | ByArch>(entries)) {
      if (plans.has(name)) throw new UserError(`${folder}/${file}: "${name}" stands in another file, too`)
      const fields = fieldsFor(arch, entry)
      if (fields !== undefined) plans.set(name, planOf(name, fields, arch))
    }
  }
  return { packages: [...plans.values()], shared: new Set(plans.get('filesystem')?.dirs) }
}

/** What an entry says for an architecture; undefined where that has no such package. */
function fieldsFor(arch: LabArch, entry: string | null | ByArch): string | null | Fields | undefined {
  if (entry === null || typeof entry === 'string') return entry
  const { amd64, arm64, ...common } = entry
  const own = { amd64, arm64 }[arch]
  return own || !(amd64 || arm64) ? { ...common, ...own } : undefined
}

function planOf(name: string, entry: string | null | Fields, arch: LabArch): RpmPlan {
  if (entry === null) return { name, from: [name] }
  if (typeof entry === 'string') return { name, from: entry.split(/\s+/) }
  // A pattern list that two packages share is an alias within their lists.
  const lists = { include: entry.include?.flat(), exclude: entry.exclude?.flat() }
  const given = Object.fromEntries(Object.entries(lists).filter(([, list]) => list))
  const { npm, from, ...rest } = entry
  const source = typeof npm === 'object' ? npm[arch] : npm
  return { ...rest, ...given, ...(source && { npm: source }), name, from: from?.split(/\s+/) ?? [] }
}

/** `matcher(['/usr/*.so'])('/usr/lib/a.so')` → true; a pattern that names a directory matches all below it. */
export function matcher(patterns: string[]): (path: string) => boolean {
  const escaped = patterns.map(text => text.replace(/[.+^${}()|[\]\\?]/g, '\\$&').replaceAll('*', '.*'))
  const any = new RegExp(`^(?:${escaped.join('|')})(?:/.*)?$`)
  return path => patterns.length > 0 && any.test(path)
}
