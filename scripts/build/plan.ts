import { join } from 'node:path'
import type { Platform } from '../lib/settings.ts'
import type { Distro } from '../workspace/distro.ts'
import { layoutsOf, platformFolder, providedLayout } from '../workspace/outputs.ts'
import { findImage, type Image } from '../workspace/workspace.ts'

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

/** What the module exports that an image's package.json names as `image.prepare`. */
export interface Preparation {
  /** The contexts of the image's Dockerfile. Touches nothing. */
  contexts(distro: Distro, work: string): readonly Context[]
  /** Lays them out below `plan.work`, and what the image `provides` below `dist`. */
  prepare(plan: BuildPlan, distro: Distro, dist: string): Promise<void>
}

/** What the build of an image is decided from. */
export interface PlanSettings {
  readonly images: ReadonlyMap<string, Image>
  readonly distro: Distro
  readonly noCache: boolean
}

/** Decides how an image is built; touches nothing. */
export function planBuild(
  image: Image,
  platform: Platform,
  { images, distro, noCache }: PlanSettings,
  preparation?: Preparation,
): BuildPlan {
  const work = join(image.dir, 'work', platformFolder(platform))
  const layouts = (): Context[] =>
    [...contextSources(images, image, platform).keys()].map(name => ({
      name,
      layout: join(work, 'contexts', name),
    }))
  return {
    image,
    platform,
    dockerfile: join(image.recipe, 'Dockerfile'),
    contexts: preparation?.contexts(distro, work) ?? layouts(),
    network: distro.network,
    epoch: distro.epoch,
    noCache,
    work,
  }
}

/**
 * The contexts that an image's Dockerfile can name, each with the layouts that it is assembled from: the images of its
 * package.json, and what these provide.
 */
export function contextSources(
  images: ReadonlyMap<string, Image>,
  { contexts, parent, parentAlias }: Image,
  platform: Platform,
): ReadonlyMap<string, readonly string[]> {
  const named = contexts.map(name => findImage(images, name))
  const called = ({ name }: Image) => (name === parent ? (parentAlias ?? name) : name)
  return new Map<string, readonly string[]>([
    ...named.map(image => [called(image), layoutsOf(images, image)] as const),
    ...named.flatMap(({ dir, provides }) =>
      provides.map(name => [name, [providedLayout(join(dir, 'dist'), name, platform)]] as const),
    ),
  ])
}
