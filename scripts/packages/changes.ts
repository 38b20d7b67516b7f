import { diffArrays } from 'diff'
import { type Listed, parseLine } from '../rpm/package-list.ts'
import { compareVersions } from '../rpm/versions.ts'

/** What became of one package. `replaced`: the same version for another architecture. */
export interface PackageChange {
  readonly kind: 'added' | 'removed' | 'upgraded' | 'downgraded' | 'replaced'
  readonly name: string
  /** `version-release`, with the architecture where it changed, and the epoch likewise. */
  readonly from?: string
  readonly to?: string
  /** The lines of the lists. */
  readonly before?: string
  readonly after?: string
}

/** Line of a list → its package's epoch, where that is not 0. */
export type Epochs = ReadonlyMap<string, number>

/**
 * What changed between two lists, given as lines, sorted by name.
 * @param epochs of both lists' packages, which lines do not say: `1:2.39` → `2:2.30` is an upgrade. Where those of one
 *   list are not known, both packages' count as equal: then versions alone tell the direction, and a change of nothing
 *   but the epoch cannot be seen.
 */
export function packageChanges(
  before: readonly string[],
  after: readonly string[],
  epochs?: { readonly before: Epochs; readonly after: Epochs },
): PackageChange[] {
  const parts = diffArrays(entries(before, epochs?.before), entries(after, epochs?.after), {
    comparator: (a, b) => a.line === b.line && a.epoch === b.epoch,
  })
  const changed = (kind: 'added' | 'removed') =>
    parts.filter(part => part[kind]).flatMap(({ value }) => value)
  const gone = groupByName(changed('removed'))
  const come = groupByName(changed('added'))
  const names = [...new Set([...gone.keys(), ...come.keys()])].sort()
  return names.flatMap(name => pair(gone.get(name) ?? [], come.get(name) ?? []))
}

interface Entry extends Listed {
  readonly line: string
  readonly epoch: number
}

function entries(lines: readonly string[], epochs?: Epochs): Entry[] {
  return [...lines].sort().map(line => ({ ...parseLine(line), line, epoch: epochs?.get(line) ?? 0 }))
}

/** A key is not upgraded: its version is what it is. */
function groupByName(all: readonly Entry[]): Map<string, Entry[]> {
  const byName = new Map<string, Entry[]>()
  for (const entry of all) {
    const key = entry.name === 'gpg-pubkey' ? entry.line : entry.name
    byName.set(key, [...(byName.get(key) ?? []), entry])
  }
  return byName
}

function pair(gone: readonly Entry[], come: readonly Entry[]): PackageChange[] {
  return Array.from({ length: Math.max(gone.length, come.length) }, (_, index) =>
    change(gone[index], come[index]),
  )
}

function change(old: Entry | undefined, now: Entry | undefined): PackageChange {
  const withArch = old && now && old.arch !== now.arch
  const withEpoch = old && now && old.epoch !== now.epoch
  const show = ({ epoch, version, arch }: Entry) =>
    `${withEpoch ? `${epoch}:` : ''}${version}${withArch ? `.${arch}` : ''}`
  return {
    kind: old && now ? direction(old, now) : old ? 'removed' : 'added',
    name: (old ?? now)!.name,
    ...(old && { from: show(old), before: old.line }),
    ...(now && { to: show(now), after: now.line }),
  }
}

function direction(old: Entry, now: Entry): 'upgraded' | 'downgraded' | 'replaced' {
  const [oldParts, newParts] = [old.version.split('-'), now.version.split('-')]
  const orders = oldParts.map((part, index) => compareVersions(part, newParts[index] ?? ''))
  const order = [old.epoch - now.epoch, ...orders].find(one => one !== 0)
  if (order === undefined) return 'replaced'
  return order < 0 ? 'upgraded' : 'downgraded'
}
