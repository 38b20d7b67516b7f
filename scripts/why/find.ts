import { basename } from 'node:path'
import { resolvePath } from '../image/resolve.ts'
import { nearest, UserError } from '../lib/errors.ts'
import { nvra, type Package } from '../rpm/package.ts'
import type { Level } from './explain.ts'
import { owners } from './graph.ts'

/** The packages of an image that a word means: a name, a NEVRA, or something that is provided. */
export function findPackages({ image, packages }: Level, word: string): Package[] {
  const named = packages.filter(one => one.name === word || nvra(one) === word)
  if (named.length > 0) return named
  const providers = packages.filter(({ provides }) =>
    provides.some(({ name }) => name === word || name.split('(')[0] === word),
  )
  if (providers.length > 0) return providers
  const near = nearest(word, [...new Set(packages.map(({ name }) => name))])
  throw new UserError(
    `${image} has no package ${word}${near.length > 0 ? `: the nearest names are ${near.join(', ')}` : ''}; ` +
      `packages-lists and 'rpm -qa' of the image name all ${packages.length}`,
  )
}

/** The packages that own a file of an image, found at `path` or where links lead from there; none if no package has it. */
export function findOwners({ image, packages, files }: Level, path: string): Package[] {
  const entry = resolvePath(files, path)
  if (!entry && !files.has(path)) {
    const named = [...files.keys()].filter(other => basename(other) === basename(path))
    const near = named.length > 0 ? named.slice(0, 3) : nearest(path, [...files.keys()])
    throw new UserError(
      `${image} has no file ${path}${near.length > 0 ? `: the nearest are ${near.join(', ')}` : ''}`,
    )
  }
  const direct = owners(path, packages)
  return direct.length > 0 ? direct : owners(entry?.path ?? path, packages)
}
