import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join, posix } from 'node:path'
import { parseElf } from '../image/elf.ts'
import { mergedPath } from '../rpm/package.ts'
import { idle } from './idle.ts'
import type { Recorded, RecordedFile } from './recorded.ts'

/** The content of a regular file of a package; hard links of it are asked for once. */
export type Content = (of: Recorded, file: RecordedFile) => Buffer

interface Program {
  readonly bytes: Buffer
  readonly sonames: readonly string[]
  readonly needed: readonly string[]
}

/** `st_mode`. */
const [fileType, regular, link] = [0o170000, 0o100000, 0o120000]
export const isRegular = ({ mode }: RecordedFile) => (mode & fileType) === regular
const isLink = ({ mode }: RecordedFile) => (mode & fileType) === link

/**
 * What stands in for the content that a database does not keep: our own words where these are given, else what a Debian
 * root has in the same place, else next to nothing. A program is taken from Debian only if all libraries that it is
 * linked with are among those that its package names, so that it misses none because of us; a script keeps its
 * interpreter, and any other program succeeds at doing nothing.
 */
export function contentFrom(
  root: string,
  packages: readonly Recorded[],
  own: ReadonlyMap<string, string>,
): Content {
  const programs = usablePrograms(root, packages)
  return (of, file) => {
    const words = own.get(file.path)
    if (words !== undefined) return Buffer.from(words)
    const interpreter = interpreterOf(file)
    if (interpreter) return Buffer.from(`#!${interpreter}\n`)
    if (file.kind.startsWith('ELF'))
      return programs.get(`${of.name} ${file.path}`)?.bytes ?? placeholder(of, file)
    const place = debianPlace(root, file.path)
    return place && !parseElfOr(place) ? readFileSync(place) : Buffer.from(`stand-in for ${file.path}\n`)
  }
}

function placeholder({ arch }: Recorded, file: RecordedFile): Buffer {
  const isProgram = (file.mode & 0o111) !== 0 && !/\.so(\.|$)/.test(basename(file.path))
  return isProgram && arch === 'x86_64' ? idle : Buffer.from(`stand-in for ${file.path}\n`)
}

/** `a /usr/bin/sh -efu script, ASCII text executable` → `/usr/bin/sh -efu`. */
function interpreterOf({ kind }: RecordedFile): string | undefined {
  if (/^POSIX shell script/.test(kind)) return '/bin/sh'
  if (/^Bourne-Again shell script/.test(kind)) return '/bin/bash'
  return /^a (\/.+?) script[ ,]/.exec(kind)?.[1]
}

/** By package and path: what can be loaded, once all that cannot is taken out, and what needed that, and so on. */
function usablePrograms(root: string, packages: readonly Recorded[]): Map<string, Program> {
  const programs = new Map<string, Program>()
  const provided = new Map<string, Set<string>>()
  for (const one of packages) {
    const own = new Set<string>()
    for (const file of one.files.filter(
      file => isRegular(file) && !file.isGhost && file.kind.startsWith('ELF'),
    )) {
      const sonames = namesOf(one, file)
      const place = sonames.map(name => debianPlace(root, join(dirname(file.path), name))).find(Boolean)
      const program = place && parseElfOr(place)
      if (!program) continue
      for (const name of sonames) own.add(name)
      programs.set(`${one.name} ${file.path}`, { ...program, sonames })
    }
    provided.set(one.name, own)
  }
  // glibc's libraries are one in one release and five in another: who needs a package's one gets them all.
  const comesWith = new Map(
    packages.map(({ name, needs }) => {
      const bringing = [...provided].filter(
        ([by, names]) => by === name || [...needs].some(one => names.has(one)),
      )
      return [name, new Set(bringing.flatMap(([, names]) => [...names]))]
    }),
  )
  for (let before = -1; before !== programs.size; ) {
    before = programs.size
    const there = new Set([...programs.values()].flatMap(({ sonames }) => sonames))
    for (const [key, { needed }] of programs) {
      const allowed = comesWith.get(key.split(' ')[0]!)!
      if (!needed.every(name => allowed.has(name) && there.has(name))) programs.delete(key)
    }
  }
  return programs
}

/** What a file is called, and the links beside it that lead to it. */
function namesOf({ files }: Recorded, { path }: RecordedFile): string[] {
  const isAlias = (file: RecordedFile) =>
    isLink(file) &&
    posix.resolve(posix.dirname(file.path), file.target) === path &&
    dirname(file.path) === dirname(path)
  return [basename(path), ...files.filter(isAlias).map(file => basename(file.path))]
}

const architectures = ['x86_64-linux-gnu', 'aarch64-linux-gnu']

/** The file of a Debian root that is what another distribution has at `path`: libraries lie in another folder there. */
function debianPlace(root: string, path: string): string | undefined {
  const merged = mergedPath(path)
  const spellings = [
    merged,
    ...architectures.map(one => merged.replace(/^\/usr\/lib64\//, `/usr/lib/${one}/`)),
  ]
  for (const place of spellings.map(one => join(root, one)).filter(existsSync)) {
    const real = realpathSync(place)
    // An absolute link would lead out of the root.
    if (real.startsWith(`${root}/`) && statSync(real).isFile()) return real
  }
  return undefined
}

function parseElfOr(place: string): Pick<Program, 'bytes' | 'needed'> | undefined {
  const bytes = readFileSync(place)
  const elf = parseElf(bytes)
  return elf && { bytes, needed: elf.needed }
}
