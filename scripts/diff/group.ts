import { groupBy } from '../lib/group-by.ts'
import { type Change, changesOf } from './changes.ts'
import type { Contents, Pairing } from './side.ts'

/** What two sides differ in, each distinct change once. */
export interface Difference {
  readonly before: string
  readonly after: string
  /** How many images were compared. */
  readonly compared: number
  readonly groups: readonly Group[]
  readonly sizes: readonly SizeChange[]
  readonly onlyBefore: readonly string[]
  readonly onlyAfter: readonly string[]
}

/** Changes that the same images have. */
export interface Group {
  readonly images: readonly string[]
  readonly changes: readonly Change[]
}

/** Bytes; what an image in a revision without a ledger does not say is not there. */
export interface SizeChange {
  readonly image: string
  readonly download: readonly [from: number, to: number]
  readonly installed: readonly [from: number, to: number]
}

/** Compares what was paired. Groups that most images have come first. */
export function difference(before: string, after: string, pairing: Pairing): Difference {
  const { pairs, onlyBefore, onlyAfter } = pairing
  const places = new Set(pairs.map(pair => pair.after.where))
  const label = ({ image, where }: Contents) => (places.size > 1 ? `${image} (${where})` : image)
  return {
    before,
    after,
    compared: pairs.length,
    groups: group(pairs.map(pair => [label(pair.after), changesOf(pair)])),
    sizes: pairs.flatMap(({ before: old, after: now }) => {
      const sizes = [old.download, now.download, old.installed, now.installed] as const
      const [download, nowDownload, installed, nowInstalled] = sizes
      if (download === undefined || nowDownload === undefined) return []
      if (installed === undefined || nowInstalled === undefined) return []
      if (download === nowDownload && installed === nowInstalled) return []
      return [
        {
          image: label(now),
          download: [download, nowDownload],
          installed: [installed, nowInstalled],
        } as const,
      ]
    }),
    onlyBefore: onlyBefore.map(label),
    onlyAfter: onlyAfter.map(label),
  }
}

/** Exported for its test. */
export function group(all: readonly (readonly [image: string, changes: readonly Change[]])[]): Group[] {
  const each = all.flatMap(([image, changes]) => changes.map(change => ({ image, change })))
  const distinct = [...groupBy(each, ({ change }) => JSON.stringify(change)).values()].map(same => ({
    change: same[0].change,
    images: same.map(({ image }) => image),
  }))
  return [...groupBy(distinct, ({ images }) => images.join(' ')).values()]
    .map(together => ({ images: together[0].images, changes: together.map(({ change }) => change) }))
    .sort((a, b) => b.images.length - a.images.length)
}
