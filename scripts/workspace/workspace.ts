import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { nearest, UserError } from '../lib/errors.ts'
import { inRepo } from '../lib/paths.ts'
import { chosenDistro, type DistroName, distros } from '../lib/settings.ts'
import { readFamilyManifest, readImageManifest } from './manifest.ts'

/** One folder under `images/`, as its package.json describes it. */
export interface Image {
  readonly name: string
  /** What it is for, where its Dockerfile does not say. */
  readonly description?: string
  /** Absolute path of the image's folder. */
  readonly dir: string
  /** The image whose layers it keeps: its one `dependencies` entry. Without one all it holds is one layer. */
  readonly parent?: string
  /** The images its Dockerfile can name in `FROM`: the parent and the `devDependencies`. */
  readonly contexts: readonly string[]
  /** Absolute path of the folder with its Dockerfile, test and files: its own, or that of the family it belongs to. */
  readonly recipe: string
  /** What the recipe of a family calls the parent, whose name differs from image to image. */
  readonly parentAlias?: string
  /** The distros that have what it is made of; absent where all have. */
  readonly distros?: readonly DistroName[]
  /** Values of the Dockerfile's `ARG`s. */
  readonly args: Readonly<Record<string, string>>
  /** A tool of the workshop: its layers stay uncompressed, since they are read here far oftener than shipped. */
  readonly internal: boolean
  /** The toolchain that recipes install with; each image is published with one of its own. */
  readonly toolchain: boolean
  /** What a newcomer builds first, and what new images are made on unless they say otherwise. */
  readonly first: boolean
  /** Absolute path of the program that lays out what its Dockerfile starts from. */
  readonly prepare?: string
  /**
   * Layouts that its build leaves beside the image → where each step on the image, or on one made on it, has it
   * mounted.
   */
  readonly provides: Readonly<Record<string, string>>
  /** What it may have at most; a build that exceeds it fails. */
  readonly budget?: Budget
  readonly published: Published
}

/** What an image is called in a registry. Every image also has a builder, in `<repository>-builder`, with the same tags. */
export interface Published {
  /** `eks-distro-minimal-base-git`; the image's own name where its package.json does not say. */
  readonly repository: string
  /** The RPM whose version goes into the tags of a language's image: `python3.11`. */
  readonly versionOf?: string
  /** `3.11` of python-3.11; absent where the distro has one version only. */
  readonly version?: string
  /** The compiler images come in three sizes; the smallest has no name of its own. */
  readonly flavour?: 'yum' | 'gcc'
}

/** `image.budget` of a package.json. */
export interface Budget {
  /** Of all layers, compressed, as a registry ships them. */
  readonly bytes?: number
  readonly packages?: number
}

/**
 * All images by name that the chosen distro has the packages of. `root` is a folder that holds one folder an image;
 * beside it, `families/` holds the recipes that several images share. A family is a package, too: what turbo knows of
 * it, it knows of the images that name it.
 */
export function readWorkspace(
  root = inRepo('images'),
  distro: DistroName | 'any' = chosenDistro(),
): ReadonlyMap<string, Image> {
  const families = new Map(
    packageFolders(join(dirname(root), 'families')).map(dir => {
      const { name, family } = readFamilyManifest(dir)
      return [name, { dir, ...family }] as const
    }),
  )
  const images = packageFolders(root).map(dir => readImage(dir, families))
  const byName = new Map(images.map(image => [image.name, image]))
  for (const image of images) checkImage(image, byName)
  if (distro === 'any') return byName
  return new Map([...byName].filter(([, image]) => distrosOf(byName, image).includes(distro)))
}

/** The distros that an image can be made of: those that all that it is made with can be made of, too. */
export function distrosOf(images: ReadonlyMap<string, Image>, image: Image): readonly DistroName[] {
  const needed = image.contexts.map(name => distrosOf(images, findImage(images, name)))
  return needed.reduce((left, right) => left.filter(one => right.includes(one)), image.distros ?? distros)
}

/** Why an image is not made of the chosen distro; undefined where it is, and where there is no such image. */
export function whyNotMade(name: string): string | undefined {
  const images = readWorkspace(undefined, 'any')
  const image = images.get(name)
  const able = image && distrosOf(images, image)
  if (!able || able.includes(chosenDistro())) return undefined
  return `${name} is not made of ${chosenDistro()}, which lacks its packages: choose DISTRO=${able.join(' or ')}`
}

/** The image called `name`; a UserError with the nearest names if there is none. */
export function findImage(images: ReadonlyMap<string, Image>, name: string): Image {
  const image = images.get(name)
  if (image) return image
  const why = whyNotMade(name)
  if (why) throw new UserError(why)
  const near = nearest(name, [...images.keys()])
  const hint = near.length
    ? `the nearest names are ${near.join(', ')}`
    : `there are ${[...images.keys()].join(', ')}`
  throw new UserError(`there is no image ${name}: ${hint}`)
}

/** The one image whose package.json says `toolchain` or `first`. Throws UserError where none does, or two. */
export function imageThatIs(role: 'toolchain' | 'first', images: ReadonlyMap<string, Image>): Image {
  const [image, ...others] = [...images.values()].filter(one => one[role])
  if (image && others.length === 0) return image
  throw new UserError(
    `one package.json below images/ has to say "image": { "${role}": true }; ${others.length > 0 ? 'several do' : 'none does'}`,
  )
}

/** The image itself, then every image whose `dist/` may hold a blob of it, nearest first. */
export function lineage(images: ReadonlyMap<string, Image>, image: Image): Image[] {
  const parent = image.parent ? findImage(images, image.parent) : undefined
  return [image, ...(parent ? lineage(images, parent) : [])]
}

function packageFolders(root: string): string[] {
  if (!existsSync(root)) return []
  return readdirSync(root, { withFileTypes: true })
    .filter(entry => entry.isDirectory() && existsSync(join(root, entry.name, 'package.json')))
    .map(entry => join(root, entry.name))
}

interface Family {
  readonly dir: string
  readonly parent?: string
}

function readImage(dir: string, families: ReadonlyMap<string, Family>): Image {
  const { name, description, image = {}, ...manifest } = readImageManifest(dir)
  const parents = Object.keys(manifest.dependencies ?? {})
  if (parents.length > 1) {
    throw new UserError(
      `${join(dir, 'package.json')}: "dependencies" names ${parents.join(' and ')}; an image has one parent, ` +
        'other images that its Dockerfile reads belong in "devDependencies"',
    )
  }
  const others = Object.keys(manifest.devDependencies ?? {})
  const named = others.find(other => families.has(other))
  const family = named === undefined ? undefined : families.get(named)
  return {
    name,
    ...(description && { description }),
    dir,
    ...(parents[0] && { parent: parents[0] }),
    contexts: [...new Set([...parents, ...others.filter(other => other !== named)])],
    recipe: family?.dir ?? dir,
    ...(family?.parent && { parentAlias: family.parent }),
    ...(image.distros && { distros: image.distros }),
    args: image.args ?? {},
    internal: image.internal === true,
    toolchain: image.toolchain === true,
    first: image.first === true,
    ...(image.prepare && { prepare: join(dir, image.prepare) }),
    provides: image.provides ?? {},
    published: { repository: name, ...image.published },
    ...(image.budget && { budget: image.budget }),
  }
}

function checkImage(image: Image, images: ReadonlyMap<string, Image>, path: readonly string[] = []): void {
  if (path.includes(image.name)) {
    throw new UserError(
      `the images ${[...path.slice(path.indexOf(image.name)), image.name].join(' → ')} are made on each other: ` +
        'remove one of these entries from a package.json',
    )
  }
  for (const name of image.contexts) {
    const context = images.get(name)
    if (!context) {
      const near = nearest(name, [...images.keys()])
      throw new UserError(
        `images/${image.name}/package.json names ${name}, which is not an image` +
          (near.length ? `: did you mean ${near.join(' or ')}?` : ''),
      )
    }
    checkImage(context, images, [...path, image.name])
  }
}
