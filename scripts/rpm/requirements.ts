import type { Package } from './package.ts'

/** One package brings another, because of a capability that it requires. */
export interface Edge {
  readonly from: Package
  readonly requires: string
  readonly to: Package
}

/** Every requirement among these packages, as the rpm database records them. */
export function requirements(packages: readonly Package[]): Edge[] {
  const providers = new Map<string, Set<Package>>()
  for (const one of packages) {
    for (const what of [...one.provides.map(({ name }) => name), ...one.files.map(({ path }) => path)]) {
      const known = providers.get(what) ?? new Set()
      providers.set(what, known.add(one))
    }
  }
  return packages.flatMap(from => {
    const names = [...new Set(from.requires.map(({ name }) => name))]
    return names.flatMap(requires =>
      [...(providers.get(requires) ?? [])].filter(to => to !== from).map(to => ({ from, requires, to })),
    )
  })
}
