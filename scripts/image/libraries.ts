import { posix } from 'node:path'
import { UserError } from '../lib/errors.ts'
import type { BuiltImage } from './built-image.ts'
import { type Elf, parseElf } from './elf.ts'
import { readLdCache } from './ld-cache.ts'
import { resolvePath } from './resolve.ts'

export interface MissingLibrary {
  readonly file: string
  /** A library's name, or the path of an interpreter. */
  readonly library: string
}

/** An ELF file in the course of being loaded. */
interface Loaded {
  readonly path: string
  readonly elf: Elf
  /** Who asked for it: its RPATH counts too. */
  readonly by?: Loaded
}

interface World {
  readonly image: BuiltImage
  readonly elfs: ReadonlyMap<string, Elf>
  readonly cache: ReadonlyMap<string, readonly string[]>
  /** Default directories by loader: they are compiled into it. */
  readonly defaults: Map<string, readonly string[]>
}

/**
 * Every library that some ELF file of the image needs and that glibc's loader would not find (ld.so(8)): by RPATH,
 * RUNPATH, `/etc/ld.so.cache`, the loader's own directories and, of a Python module, those of the packages it is part
 * of, all of the same class and machine. Programs are loaded
 * as a whole; a library that no program loads (a plugin, a gconv module) is loaded alone. Throws UserError, naming the file, for a malformed ELF file.
 */
export function missingLibraries(image: BuiltImage): MissingLibrary[] {
  const world = readWorld(image)
  const reached = new Set<string>()
  const missing = new Map<string, MissingLibrary>()
  const load = (path: string, elf: Elf) => {
    for (const one of loadAll(world, { path, elf }, reached)) missing.set(`${one.file}\0${one.library}`, one)
  }
  for (const [path, elf] of world.elfs) if (elf.interpreter !== undefined) load(path, elf)
  for (const [path, elf] of world.elfs) if (!reached.has(path)) load(path, elf)
  return [...missing.values()].sort((a, b) => (a.file + a.library < b.file + b.library ? -1 : 1))
}

function readWorld(image: BuiltImage): World {
  const elfs = new Map<string, Elf>()
  for (const { path, type, size } of image.files.values()) {
    if (type !== 'file' || size < 4) continue
    const elf = parseNamed(path, image.read(path))
    if (elf) elfs.set(path, elf)
  }
  const cache = image.files.has('/etc/ld.so.cache') ? readLdCache(image.read('/etc/ld.so.cache')) : new Map()
  return { image, elfs, cache, defaults: new Map() }
}

function parseNamed(path: string, bytes: Buffer): Elf | undefined {
  try {
    return parseElf(bytes)
  } catch (error) {
    if (error instanceof UserError) throw new UserError(`${path}: ${error.message}`)
    throw error
  }
}

/** Breadth first as the loader does it, since a name that is loaded once serves everyone after. */
function loadAll(world: World, program: Loaded, reached: Set<string>): MissingLibrary[] {
  const missing: MissingLibrary[] = []
  const loader = findLoader(world, program.elf)
  const { interpreter } = program.elf
  if (interpreter !== undefined && !loader) missing.push({ file: program.path, library: interpreter })
  const names = new Set(loader && [posix.basename(loader), world.elfs.get(loader)?.soname ?? ''])
  const queue: Loaded[] = [program]
  for (const object of queue) {
    reached.add(object.path)
    for (const name of object.elf.needed) {
      if (names.has(name)) continue
      names.add(name)
      const found = search(world, object, name, defaultDirectories(world, loader))
      if (!found) missing.push({ file: object.path, library: name })
      else if (!queue.some(({ path }) => path === found.path)) queue.push(found)
      if (found?.elf.soname) names.add(found.elf.soname)
    }
  }
  return missing
}

/** The program's interpreter; for a library alone, the loader of its kind that the image has. */
function findLoader({ image, elfs }: World, elf: Elf): string | undefined {
  if (elf.interpreter !== undefined) return content(image, elf.interpreter)
  const isLoader = ([, other]: [string, Elf]) => /^ld(-linux|64|\.so)/.test(other.soname ?? '')
  return [...elfs].find(one => isLoader(one) && isCompatible(one[1], elf))?.[0]
}

function search({ image, elfs, cache }: World, object: Loaded, name: string, defaults: readonly string[]) {
  const inDirectory = (directory: string) => posix.join('/', directory, name)
  const candidates = name.includes('/')
    ? [name]
    : [
        ...[...searchPath(object)].map(inDirectory),
        ...(cache.get(name) ?? []),
        ...defaults.map(inDirectory),
        ...packagesAbove(object.path).map(inDirectory),
      ]
  for (const candidate of candidates) {
    const path = content(image, candidate)
    const elf = path === undefined ? undefined : elfs.get(path)
    if (path && elf && isCompatible(elf, object.elf)) return { path, elf, by: object }
  }
  return undefined
}

/** RPATH of the object and of all who led to it, unless the object has a RUNPATH, which counts alone. */
function* searchPath(object: Loaded): Generator<string> {
  if (object.elf.runpath.length > 0) return yield* expand(object.elf.runpath, object)
  for (let at: Loaded | undefined = object; at; at = at.by) {
    if (at.elf.runpath.length === 0) yield* expand(at.elf.rpath, at)
  }
}

/**
 * The folders of the Python packages that a module of machine code is part of: Python imports those first, and what is
 * loaded already the loader does not look for.
 */
function packagesAbove(module: string): string[] {
  const [, top = '', below = ''] = /^(.*\/python[\d.]*\/(?:site|dist)-packages)(\/.+)$/.exec(module) ?? []
  const folders = below.split('/').slice(1, -1)
  return folders.map((_, index) => [top, ...folders.slice(0, folders.length - index)].join('/'))
}

function expand(directories: readonly string[], { path, elf }: Loaded): string[] {
  const lib = [elf.bits === 64 ? 'lib64' : 'lib', `lib/${multiarch[elf.machine]}`]
  const origin = directories.map(one => one.replace(/\$(ORIGIN\b|\{ORIGIN\})/g, posix.dirname(path)))
  return origin.flatMap(one => [...new Set(lib.map(name => one.replace(/\$(LIB\b|\{LIB\})/g, name)))])
}

const multiarch: Record<number, string> = {
  3: 'i386-linux-gnu',
  62: 'x86_64-linux-gnu',
  183: 'aarch64-linux-gnu',
}

/** Fedora's loader knows lib64, Debian's the multiarch directories; each holds its list as strings. */
function defaultDirectories({ image, defaults }: World, loader = ''): readonly string[] {
  const known = defaults.get(loader)
  if (known) return known
  const names = ['lib64', ...Object.values(multiarch).map(one => `lib/${one}`), 'lib']
  const all = names.flatMap(name => [`/${name}`, `/usr/${name}`])
  const bytes = loader ? image.read(loader) : Buffer.alloc(0)
  const compiledIn = all.filter(directory => bytes.includes(`\0${directory}/\0`))
  defaults.set(loader, compiledIn.length > 0 ? compiledIn : all)
  return defaults.get(loader)!
}

/** The path that holds the bytes of what a program finds at `path`. */
function content({ files }: BuiltImage, path: string): string | undefined {
  const entry = resolvePath(files, path)
  return entry?.type === 'hardlink' ? entry.link : entry?.type === 'file' ? entry.path : undefined
}

const isCompatible = (a: Elf, b: Elf) => a.bits === b.bits && a.machine === b.machine
