import { relative } from 'node:path'
import { UserError } from '../lib/errors.ts'
import { repoRoot } from '../lib/paths.ts'
import type { Platform } from '../lib/settings.ts'
import { filesList, readFiles } from '../oci/file-list.ts'
import type { FileEntry } from '../oci/files.ts'
import { type LayoutImage, readImage } from '../oci/layout.ts'
import { nvra, type Package } from '../rpm/package.ts'
import { packageData, readPackageData } from '../rpm/package-data.ts'
import { findImage, type Image } from '../workspace/workspace.ts'
import { builtOf, layoutsOf } from './dist.ts'
import type { Recipe } from './recipe.ts'
import type { MadeOf } from './seal.ts'

/** The parent of an image, opened. */
export interface Parent {
  readonly name: string
  readonly image: LayoutImage
  readonly files: readonly FileEntry[]
  readonly packages: readonly Package[]
}

/** The parent of an image, if it has one. Throws UserError where that is not built, or made of other than `wanted`. */
export function openParent(
  images: ReadonlyMap<string, Image>,
  { parent }: Image,
  platform: Platform,
  wanted: MadeOf,
): Parent | undefined {
  if (!parent) return undefined
  const image = findImage(images, parent)
  const output = builtOf(image, platform, wanted)
  return {
    name: image.name,
    image: readImage(layoutsOf(images, image, platform, wanted), platform),
    files: readFiles(filesList(output)),
    packages: image.internal ? [] : readPackageData(packageData(output)),
  }
}

/** A package of the parent goes when the recipe names it, and not by accident. Throws UserError for one that did. */
export function checkKeptPackages(
  { name, recipe: folder }: Image,
  { dockerfile }: Recipe,
  before: readonly Package[],
  after: readonly Package[],
): void {
  const kept = new Set(after.map(one => one.name))
  const words = new Set(dockerfile.split(/[\s"']+/))
  const lost = before.find(one => !kept.has(one.name) && !words.has(one.name))
  if (!lost) return
  throw new UserError(
    `${nvra(lost)} of the parent is gone from ${name}, and ${relative(repoRoot, folder)}/Dockerfile does not say so: ` +
      `find what removed it, or say 'remove_package ${lost.name}'`,
  )
}
