import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { layoutsOf } from '../build/dist.ts'
import { readSeal } from '../build/seal.ts'
import { nearest, UserError } from '../lib/errors.ts'
import { chosenDistro, chosenPlatforms, type Platform } from '../lib/settings.ts'
import { filesList, readFiles } from '../oci/file-list.ts'
import type { FileEntry } from '../oci/files.ts'
import { type LayoutImage, readImage } from '../oci/layout.ts'
import { databaseOf, pullImage } from '../registry/pulled.ts'
import { nvra, type Package } from '../rpm/package.ts'
import { packageData, readPackageData } from '../rpm/package-data.ts'
import { formatList, parseList } from '../rpm/package-list.ts'
import { outputOf, platformFolder } from '../workspace/outputs.ts'
import { type Image, readWorkspace } from '../workspace/workspace.ts'
import { publishedAs } from './published-as.ts'
import { readRevision } from './revision.ts'
import type { Contents, Side } from './side.ts'

/**
 * What a word of the command line means: an image that is built here, an image in a registry, a checkout (a path), or a
 * git revision. Throws UserError for a word that is none of them.
 */
export async function readSide(word: string): Promise<Side> {
  const images = readWorkspace()
  const image = images.get(word)
  if (image) return { name: word, single: true, images: [builtImage(images, image, chosenPlatforms()[0]!)] }
  if (/^(\.|\/)/.test(word)) return { name: word, single: false, images: readCheckout(word) }
  if (isReference(word)) return { name: word, single: true, images: [await pulledImage(word, images)] }
  const revision = await readRevision(word)
  if (revision) return { name: word, single: false, images: revision }
  const near = nearest(word, [...images.keys()])
  throw new UserError(
    `${word} is no image, no reference (HOST/REPOSITORY:TAG), no path of a checkout and no git revision` +
      (near.length > 0 ? `: did you mean ${near.join(' or ')}?` : ''),
  )
}

/** A branch may hold a slash, but no host of a registry is without a dot or a port. */
function isReference(word: string): boolean {
  return /^(localhost|[^/]*[.:][^/]*)\/.+[:@]/.test(word)
}

/** Every published image that is built in a checkout of this repository. */
function readCheckout(path: string): Contents[] {
  const root = resolve(path, 'images')
  if (!existsSync(root)) throw new UserError(`${path} is no checkout of this repository: there is no ${root}`)
  const images = readWorkspace(root)
  const published = [...images.values()].filter(({ internal }) => !internal)
  const found = chosenPlatforms().flatMap(platform =>
    published
      .filter(({ dir }) => existsSync(packageData(outputOf(dir, platform))))
      .map(image => builtImage(images, image, platform)),
  )
  if (found.length > 0) return found
  throw new UserError(`${path} has no built image: run 'npx turbo run build' there first`)
}

/** Throws UserError when it is not built. */
export function builtImage(
  images: ReadonlyMap<string, Image>,
  { name, dir, internal }: Image,
  platform: Platform,
): Contents {
  if (internal) {
    throw new UserError(
      `${name} is a tool of the workshop, which is not published: nothing is kept to compare`,
    )
  }
  const output = outputOf(dir, platform)
  const { madeOf } = readSeal(output)
  const packages = readPackageData(packageData(output))
  const image = readImage(layoutsOf(images, images.get(name)!, platform, 'any'), platform)
  const where = `${madeOf.distro} ${platformFolder(platform)}`
  return contents(name, where, packages, readFiles(filesList(output)), image)
}

async function pulledImage(reference: string, images: ReadonlyMap<string, Image>): Promise<Contents> {
  const platform = chosenPlatforms()[0]!
  const [one, ...others] = publishedAs(images, reference)
  const name = one && others.length === 0 ? one.name : reference
  const layout = mkdtempSync(join(tmpdir(), 'eks-distro-base-'))
  try {
    const opened = await pullImage(reference, platform, layout)
    const where = `${chosenDistro()} ${platformFolder(platform)}`
    const files = [...opened.files.values()]
    return contents(name, where, databaseOf(opened), files, readImage([layout], platform))
  } finally {
    rmSync(layout, { recursive: true, force: true })
  }
}

function contents(
  image: string,
  where: string,
  packages: readonly Package[],
  files: readonly FileEntry[],
  { manifest, config }: LayoutImage,
): Contents {
  const sum = (sizes: readonly { size: number }[]) => sizes.reduce((total, { size }) => total + size, 0)
  return {
    image,
    where,
    lines: parseList(formatList(packages)),
    epochs: new Map(packages.map(one => [nvra(one), one.epoch ?? 0])),
    sizes: new Map(packages.map(one => [nvra(one), one.size])),
    download: sum(manifest.layers),
    installed: sum(files),
    inside: { packages, files, config: config.config },
  }
}
