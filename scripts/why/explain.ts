import { lookUp } from '../image/resolve.ts'
import type { FileEntry } from '../oci/files.ts'
import { fileFlags, fileStates, nvra, type Package } from '../rpm/package.ts'
import { type Edge, requirements } from '../rpm/requirements.ts'
import type { Request } from './commands.ts'
import { namedBy, type Way, ways } from './graph.ts'
import type { Unread } from './shell-visitor.ts'

/** An image, or one of those that it is made on, as far as the question goes. */
export interface Level {
  readonly image: string
  /** Path of its Dockerfile from the root of the repository. */
  readonly recipe: string
  readonly requests: readonly Request[]
  /** What may ask for packages, too, and cannot be read. */
  readonly unread: readonly Unread[]
  /** The image that its last stage starts from; absent for `scratch`. */
  readonly base?: { readonly line: number; readonly name: string }
  readonly packages: readonly Package[]
  readonly files: ReadonlyMap<string, FileEntry>
  /** What the files need that `install_deps_for_binary` was called for: path → sonames. */
  readonly needs: ReadonlyMap<string, readonly string[]>
}

export interface Explanation {
  readonly package: Package
  /** The image whose recipe brought it: the one that was asked about, or one below it. */
  readonly origin: Level
  /** Absent if nothing that can be read in the recipe leads to it. */
  readonly way?: Way
  /** Without a way: what may have brought it and cannot be read. */
  readonly unread: readonly Unread[]
  readonly requiredBy: readonly Edge[]
  readonly weight: Weight
  /** Packages that only it brings. */
  readonly goToo: readonly { readonly package: Package; readonly weight: Weight }[]
}

/** What a package has in an image, which may be less than its RPM holds. */
export interface Weight {
  readonly bytes: number
  readonly files: number
}

/** Why a package is in the first of `levels`, which are the image and those that it is made on, nearest first. */
export function explain(levels: readonly Level[], one: Package): Explanation {
  const [image] = levels as [Level, ...Level[]]
  const depth = levels.findLastIndex(level => holds(level, one))
  const origin = levels[depth]!
  const same = origin.packages.find(other => nvra(other) === nvra(one))!
  const way = ways(rootSets(origin, levels[depth + 1]), requirements(origin.packages)).get(same)
  const edges = requirements(image.packages)
  return {
    package: one,
    origin,
    ...(way && { way }),
    unread: way ? [] : unreadOf(origin),
    requiredBy: edges.filter(({ to }) => to === one),
    weight: weigh(one, image.files),
    goToo: goToo(levels, edges, one).map(other => ({ package: other, weight: weigh(other, image.files) })),
  }
}

const holds = ({ packages }: Level, one: Package) => packages.some(other => nvra(other) === nvra(one))

/** What the recipe asks for, and what it may ask for; then what was there before it, whose libraries it may have had to complete. */
function rootSets(level: Level, parent: Level | undefined): ReadonlyMap<Package, Request>[] {
  const [sure, maybe] = [false, true].map(is => {
    const requests = level.requests.filter(request => (request.maybe ?? false) === is)
    return roots({ ...level, requests }, level.packages)
  })
  const asked = [sure!, maybe!]
  if (!level.base) return asked
  const { line, name: word } = level.base
  const before: Request = { line, command: 'FROM', word, follows: 'libraries' }
  const inherited = level.packages.filter(one => !parent || holds(parent, one))
  return [...asked, new Map(inherited.map(one => [one, before]))]
}

function roots({ requests, needs }: Level, packages: readonly Package[]): Map<Package, Request> {
  const found = new Map<Package, Request>()
  for (const request of requests) {
    const sonames = needs.get(request.word) ?? []
    const named = [
      ...namedBy(request, packages),
      ...packages.filter(({ provides }) =>
        provides.some(({ name }) => sonames.includes(name.split('(')[0]!)),
      ),
      // The in-image commands bring terminal descriptions along with bash, which no requirement shows.
      ...(request.word === 'bash' ? packages.filter(({ name }) => name === 'ncurses-base') : []),
    ]
    for (const one of named) if (!found.has(one)) found.set(one, request)
  }
  return found
}

/** Besides what no text tells: words that name nothing that is there, such as `*.rpm`, a group or what was removed again. */
function unreadOf({ unread, requests, packages, needs }: Level): Unread[] {
  const empty = requests.filter(
    request => namedBy(request, packages).length === 0 && !needs.has(request.word),
  )
  const asked = empty.map(({ line, command, word }) => ({ line, source: `${command} ${word}` }))
  return [...unread, ...asked].sort((a, b) => a.line - b.line)
}

function goToo(levels: readonly Level[], edges: readonly Edge[], one: Package): Package[] {
  const [image] = levels as [Level, ...Level[]]
  const sets = levels.toReversed().map(level => roots(level, image.packages))
  const [all, left] = [ways(sets, edges), ways(sets, edges, one)]
  return image.packages.filter(other => other !== one && all.has(other) && !left.has(other))
}

export function weigh({ files }: Package, present: ReadonlyMap<string, FileEntry>): Weight {
  const there = files
    .filter(({ flags, state }) => !(flags & fileFlags.ghost) && state !== fileStates.notInstalled)
    .map(({ path }) => lookUp(present, path))
    .filter(entry => entry?.type === 'file' || entry?.type === 'hardlink' || entry?.type === 'symlink')
  return { bytes: there.reduce((sum, entry) => sum + entry!.size, 0), files: there.length }
}
