import { join } from 'node:path'
import type { Distro } from './distro.ts'
import type { Platform } from './settings.ts'
import { findImage, type Image, lineage } from './workspace.ts'

/** Where the files of a `FROM NAME` or `COPY --from=NAME` come from. */
export type Context = { readonly name: string } & (
  | /** An OCI layout on disk, its image tagged `latest`. */ { readonly layout: string }
  | /** A plain folder. */ { readonly folder: string }
  | /** An image in a registry, by digest. */ { readonly reference: string }
)

/** All that an engine needs to know to run one Dockerfile for one platform. */
export interface BuildPlan {
  readonly image: Image
  readonly platform: Platform
  readonly dockerfile: string
  readonly contexts: readonly Context[]
  readonly network: 'none' | 'default'
  readonly epoch: number
  /** Steps that the engine has run before are run again. */
  readonly noCache: boolean
  /** Empty folder of this build alone; the engine's export goes to `work/export`. */
  readonly work: string
}

/** The folder a platform's outputs have in `dist/`: `linux/amd64` → `linux_amd64`. */
export const platformFolder = (platform: Platform) => platform.replace('/', '_')

/** The layouts that hold an image's blobs: its own, then its parents'. */
export function layoutsOf(images: ReadonlyMap<string, Image>, image: Image): string[] {
  return lineage(images, image).map(({ dir }) => join(dir, 'dist', 'oci'))
}

/** Where the distro's build leaves its RPM repository, as a layout of one layer: engines look at the content of those. */
export const repositoryIn = (dist: string, platform: Platform) => join(dist, platformFolder(platform), 'repo')

/** The layouts that a named context of an image's Dockerfile is assembled from. */
export function contextSources(
  images: ReadonlyMap<string, Image>,
  image: Image,
  name: string,
  platform: Platform,
): readonly string[] {
  if (name === repository) return [repositoryIn(join(findImage(images, 'distro').dir, 'dist'), platform)]
  return layoutsOf(images, findImage(images, name === parentContext ? image.parent! : name))
}

/** The context that every image made on the distro itself has besides: the packages, where no server has them. */
const repository = 'repo'

/** What the recipe of a family calls the parent, whose name differs from image to image. */
const parentContext = 'parent'

function contextNames({ contexts, parent, dir, recipe }: Image): string[] {
  const shared = recipe === dir ? contexts : contexts.map(name => (name === parent ? parentContext : name))
  return [...shared, ...(contexts.includes('distro') ? [repository] : [])]
}

/** Decides how an image is built; touches nothing. */
export function planBuild(
  image: Image,
  platform: Platform,
  { distro, noCache }: { distro: Distro; noCache: boolean },
): BuildPlan {
  const work = join(image.dir, 'work', platformFolder(platform))
  const contexts: Context[] = contextNames(image).map(name => ({
    name,
    layout: join(work, 'contexts', name),
  }))
  return {
    image,
    platform,
    dockerfile: join(image.recipe, 'Dockerfile'),
    contexts: image.name === 'distro' ? distroContexts(distro, work) : contexts,
    network: distro.network,
    epoch: distro.epoch,
    noCache,
    work,
  }
}

/** `root`, what the distro starts from, and `files`, what its data file adds. */
function distroContexts(distro: Distro, work: string): Context[] {
  const files: Context = { name: 'files', folder: join(work, 'files') }
  if (!distro.image) return [{ name: 'root', layout: join(work, 'contexts', 'root') }, files]
  return [{ name: 'root', reference: `${distro.image.reference}@${distro.image.digest}` }, files]
}
