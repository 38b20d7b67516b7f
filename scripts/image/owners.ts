import { fileFlags, mergedPath, type Package } from '../rpm/package.ts'

/** The package that a file belongs to. */
export interface Owner {
  readonly name: string
  /** As its package says: a person may have changed it. */
  readonly isConfig: boolean
}

/** What tells the owner of a path of the image, if it has one. */
export function ownersOf(packages: readonly Package[]): (path: string) => Owner | undefined {
  const owners = new Map<string, Owner>()
  for (const { name, files } of packages) {
    for (const { path, flags } of files) {
      owners.set(mergedPath(path), { name, isConfig: (flags & fileFlags.config) !== 0 })
    }
  }
  return path => owners.get(mergedPath(path))
}
