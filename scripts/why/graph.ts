import { nvra, type Package } from '../rpm/package.ts'
import type { Edge } from '../rpm/requirements.ts'
import type { Request } from './commands.ts'

/** What leads to a package: the request at the beginning of the way, and every step from there. */
export interface Way {
  readonly request: Request
  readonly steps: readonly Edge[]
}

/** `libc.so.6(GLIBC_2.34)(64bit)`, but not `rtld(GNU_HASH)` or `(a or b)`. */
export const isLibrary = (capability: string) => /^[^\s()/]+\.so(\.|\(|$)/.test(capability)

/**
 * The shortest way to each package that the requests lead to: those of the first set explain what they can, those of
 * the next what is left. Where a request brings libraries only, these come first; what no library explains, other
 * requirements may. `without`: as if this package were not there.
 */
export function ways(
  rootSets: readonly ReadonlyMap<Package, Request>[],
  edges: readonly Edge[],
  without?: Package,
): Map<Package, Way> {
  const outgoing = new Map<Package, Edge[]>()
  for (const edge of edges) outgoing.set(edge.from, [...(outgoing.get(edge.from) ?? []), edge])
  const found = new Map<Package, Way>()
  for (const roots of rootSets) {
    for (const [root, request] of roots) {
      if (root !== without && !found.has(root)) found.set(root, { request, steps: [] })
    }
    for (const all of [false, true]) spread(found, outgoing, all, without)
  }
  return found
}

function spread(
  found: Map<Package, Way>,
  outgoing: ReadonlyMap<Package, readonly Edge[]>,
  all: boolean,
  without: Package | undefined,
): void {
  const todo = [...found.keys()]
  for (let one = todo.shift(); one; one = todo.shift()) {
    const { request, steps } = found.get(one)!
    for (const edge of outgoing.get(one) ?? []) {
      if (edge.to === without || found.has(edge.to)) continue
      if (!all && request.follows === 'libraries' && !isLibrary(edge.requires)) continue
      found.set(edge.to, { request, steps: [...steps, edge] })
      todo.push(edge.to)
    }
  }
}

/** The packages that a request names: by name, NEVRA, RPM file, something they provide, or a file of theirs. */
export function namedBy({ word, command }: Request, packages: readonly Package[]): Package[] {
  if (command === 'install_deps_for_binary') return []
  if (command === 'rpm --import') return packages.filter(({ name }) => name === 'gpg-pubkey')
  if (word.startsWith('/') && !word.endsWith('.rpm')) return owners(word, packages)
  const plain = glob(word.replace(/^.*\//, '').replace(/\.rpm$/, ''))
  // Which of the files `*.rpm` were there, the image does not tell.
  if (word.endsWith('.rpm') && /[*?[{]/.test(word)) return []
  const exact = packages.filter(one => spellings(one).some(spelling => plain.test(spelling)))
  if (exact.length > 0) return exact
  return packages.filter(({ provides }) => provides.some(({ name }) => name === word))
}

function spellings(one: Package): string[] {
  const { name, version, release, arch } = one
  return [name, `${name}.${arch}`, `${name}-${version}`, `${name}-${version}-${release}`, nvra(one)]
}

/** The packages that list a path, which may be a glob, and may be written as before /bin became a link to /usr/bin. */
export function owners(path: string, packages: readonly Package[]): Package[] {
  const merged = path.replace(/^\/(bin|sbin|lib|lib64)\//, '/usr/$1/')
  const forms = [path, merged, merged.replace(/^\/usr\//, '/')].map(glob)
  return packages.filter(({ files }) => files.some(file => forms.some(form => form.test(file.path))))
}

function glob(pattern: string): RegExp {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`^${escaped.replace(/\*/g, '[^/]*').replace(/\?/g, '[^/]')}$`)
}
