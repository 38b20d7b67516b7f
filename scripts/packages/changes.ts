import { diffArrays } from 'diff'
import { type Listed, parseLine } from '../rpm/package-list.ts'
import { compareVersions } from '../rpm/versions.ts'

/** What became of one package. `replaced`: the same version for another architecture. */
export interface PackageChange {
  readonly kind: 'added' | 'removed' | 'upgraded' | 'downgraded' | 'replaced'
  readonly name: string
  /** `version-release`, with the architecture where it changed. */
  readonly from?: string
  readonly to?: string
  /** The lines of the lists. */
  readonly before?: string
  readonly after?: string
}

/** What changed between two lists, given as lines, sorted by name. */
export function packageChanges(before: readonly string[], after: readonly string[]): PackageChange[] {
  const parts = diffArrays([...before].sort(), [...after].sort())
  const lines = (kind: 'added' | 'removed') => parts.filter(part => part[kind]).flatMap(({ value }) => value)
  const gone = groupByName(lines('removed'))
  const come = groupByName(lines('added'))
  const names = [...new Set([...gone.keys(), ...come.keys()])].sort()
  return names.flatMap(name => pair(gone.get(name) ?? [], come.get(name) ?? []))
}

/** A key is not upgraded: its version is what it is. */
function groupByName(lines: readonly string[]): Map<string, string[]> {
  const byName = new Map<string, string[]>()
  for (const line of lines) {
    const { name } = parseLine(line)
    const key = name === 'gpg-pubkey' ? line : name
    byName.set(key, [...(byName.get(key) ?? []), line])
  }
  return byName
}

function pair(gone: readonly string[], come: readonly string[]): PackageChange[] {
  return Array.from({ length: Math.max(gone.length, come.length) }, (_, index) =>
    change(gone[index], come[index]),
  )
}

function change(before: string | undefined, after: string | undefined): PackageChange {
  const [old, now] = [before, after].map(line => (line === undefined ? undefined : parseLine(line)))
  const withArch = old && now && old.arch !== now.arch
  const show = ({ version, arch }: Listed) => (withArch ? `${version}.${arch}` : version)
  return {
    kind: old && now ? direction(old, now) : old ? 'removed' : 'added',
    name: (old ?? now)!.name,
    ...(old && { from: show(old), before: before! }),
    ...(now && { to: show(now), after: after! }),
  }
}

function direction(old: Listed, now: Listed): 'upgraded' | 'downgraded' | 'replaced' {
  const [oldParts, newParts] = [old.version.split('-'), now.version.split('-')]
  const order = oldParts
    .map((part, index) => compareVersions(part, newParts[index] ?? ''))
    .find(one => one !== 0)
  if (order === undefined) return 'replaced'
  return order < 0 ? 'upgraded' : 'downgraded'
}
