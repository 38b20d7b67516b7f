import type { ImageConfig } from '../oci/config.ts'
import type { FileEntry } from '../oci/files.ts'
import type { Epochs } from '../packages/changes.ts'
import type { Package } from '../rpm/package.ts'

/** What is known of one image on one platform. A git revision knows its packages, and what its ledger says of sizes. */
export interface Contents {
  readonly image: string
  /** `lab linux_amd64`; of an image in a registry nobody says the distro. */
  readonly where: string
  /** Its package list. */
  readonly lines: readonly string[]
  /** What lines do not say, and a git revision does not know. */
  readonly epochs?: Epochs
  /** Line of a list → installed bytes. */
  readonly sizes: ReadonlyMap<string, number>
  /** Compressed bytes of all layers. */
  readonly download?: number
  readonly installed?: number
  /** What only an image itself tells. */
  readonly inside?: {
    readonly packages: readonly Package[]
    readonly files: readonly FileEntry[]
    readonly config: ImageConfig['config']
  }
}

/** One of the two that are compared: a single image, or all that a checkout or a revision has. */
export interface Side {
  readonly name: string
  readonly single: boolean
  readonly images: readonly Contents[]
}

export interface Pair {
  readonly before: Contents
  readonly after: Contents
}

export interface Pairing {
  readonly pairs: readonly Pair[]
  readonly onlyBefore: readonly Contents[]
  readonly onlyAfter: readonly Contents[]
}

/**
 * Which is compared with which: by name, distro and platform; a single image with the one of its name, and two single
 * ones with each other. Distros and platforms that only one side has are left out.
 */
export function pairUp(a: Side, b: Side): Pairing {
  if (a.single && b.single) {
    return { pairs: [{ before: a.images[0]!, after: b.images[0]! }], onlyBefore: [], onlyAfter: [] }
  }
  const [before, after] = [narrow(a, b), narrow(b, a)]
  const pairs = before.flatMap(one => {
    const other = after.find(two => key(two) === key(one))
    return other ? [{ before: one, after: other }] : []
  })
  const paired = new Set(pairs.map(pair => key(pair.before)))
  const rest = (all: readonly Contents[]) => all.filter(one => !paired.has(key(one)))
  return { pairs, onlyBefore: rest(before), onlyAfter: rest(after) }
}

const key = ({ where, image }: Contents) => `${where} ${image}`

/** A single image narrows the other side down to its name, and both must know of the same distros and platforms. */
function narrow(side: Side, other: Side): Contents[] {
  const places = new Set(other.images.map(({ where }) => where))
  const named = other.single ? new Set(other.images.map(({ image }) => image)) : undefined
  return side.images.filter(({ where, image }) => places.has(where) && (!named || named.has(image)))
}
