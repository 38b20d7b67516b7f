import { join } from 'node:path'
import type { Platform } from '../lib/settings.ts'
import type { Distro } from '../workspace/distro.ts'
import { platformFolder } from '../workspace/outputs.ts'
import { findImage, type Image, lineage } from '../workspace/workspace.ts'
import { hereDocuments, type PlainDockerfile } from './plain.ts'
import { configurationContext, type Recipe } from './recipe.ts'

/** Where the files of a `FROM NAME` or `COPY --from=NAME` come from. */
export type Context = { readonly name: string } & (
  | /** An OCI layout on disk, its image tagged `latest`; its digest, if it is known before. */ {
      readonly layout: string
      readonly digest?: string
    }
  | /** A plain folder. */ { readonly folder: string }
  | /** An image in a registry, by digest. */ { readonly reference: string }
)

/** All that an engine needs to know to run one Dockerfile for one platform. */
export interface BuildPlan {
  readonly image: Image
  readonly platform: Platform
  /** What is run, and the folder that its `COPY` reads: copies in `work`. */
  readonly dockerfile: string
  readonly recipe: string
  /** The parent's files come out of the newroot, and of the parent only the configuration is built on. */
  readonly replacesParent: boolean
  readonly mounts: readonly string[]
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
  /** Lays them out below `plan.work`, and what the image `provides` in its `output`. */
  prepare(plan: BuildPlan, distro: Distro, output: string): Promise<void>
}

/** What the build of an image is decided from. */
export interface PlanSettings {
  readonly images: ReadonlyMap<string, Image>
  readonly distro: Distro
  /** The platform of the toolchain that images are made with. */
  readonly toolchain: Platform
  readonly noCache: boolean
}

/** The empty folder of one build alone. */
export const workOf = ({ dir }: Image, platform: Platform) => join(dir, 'work', platformFolder(platform))

/** What only a build knows: digests of the contexts' images by name, and the folder that the recipe was copied to. */
export interface Found {
  readonly digests: ReadonlyMap<string, string>
  readonly folder: string
}

/** Decides how an image is built; touches nothing. `found` is left out when it is only to be shown. */
export function planBuild(
  image: Image,
  platform: Platform,
  settings: PlanSettings,
  { aliases, replacesParent, mounts, files }: Recipe & Pick<PlainDockerfile, 'files'>,
  preparation?: Preparation,
  found?: Found,
): BuildPlan {
  const { distro, noCache } = settings
  const work = workOf(image, platform)
  const layout = (name: string): Context => {
    const digest = found?.digests.get(name)
    // Engines keep images under the last words of a path: two of one name could be swapped between two builds.
    return {
      name,
      layout: join(work, 'contexts', digest?.slice('sha256:'.length) ?? name),
      ...(digest && { digest }),
    }
  }
  const named =
    preparation?.contexts(distro, work) ?? [...contextImages(image, platform, settings).keys()].map(layout)
  const alias = ([name, base]: readonly [string, string]) =>
    named.filter(context => context.name === base).map(context => ({ ...context, name }))
  return {
    image,
    platform,
    dockerfile: join(work, 'Dockerfile'),
    recipe: found?.folder ?? join(work, 'recipe'),
    replacesParent,
    mounts,
    contexts: [
      ...named,
      ...[...aliases].flatMap(alias),
      ...(replacesParent ? [layout(configurationContext)] : []),
      ...(files.length > 0 ? [{ name: hereDocuments, folder: join(work, hereDocuments) }] : []),
    ],
    network: distro.network,
    epoch: distro.epoch,
    noCache,
    work,
  }
}

/** What an image's Dockerfile calls its parent. */
export const parentName = ({ parent, parentAlias }: Image) => parent && (parentAlias ?? parent)

/** What an image and those that it is made on provide: the name of each layout → the image it lies beside, and its place. */
export function lentBy(
  images: ReadonlyMap<string, Image>,
  image: Image,
): ReadonlyMap<string, { readonly of: Image; readonly place: string }> {
  return new Map(
    lineage(images, image).flatMap(of =>
      Object.entries(of.provides).map(([name, place]) => [name, { of, place }] as const),
    ),
  )
}

/** The image that a context is, or that provides it. */
export interface ContextImage {
  readonly of: Image
  /** Which of its platforms: what an image is made with runs here, what it is made of is for where it will run. */
  readonly platform: Platform
  readonly provided: boolean
}

/**
 * The contexts that an image's Dockerfile can name: the images of its package.json, and what these lend, each with the
 * image that it comes from.
 */
export function contextImages(
  image: Image,
  platform: Platform,
  { images, toolchain }: Pick<PlanSettings, 'images' | 'toolchain'>,
): ReadonlyMap<string, ContextImage> {
  const named = image.contexts.map(name => findImage(images, name))
  const called = ({ name }: Image) => (name === image.parent ? parentName(image)! : name)
  const isTool = (of: Image) => of.toolchain && of.name !== image.parent
  return new Map<string, ContextImage>([
    ...named.map(of => {
      return [called(of), { of, platform: isTool(of) ? toolchain : platform, provided: false }] as const
    }),
    ...named.flatMap(one =>
      [...lentBy(images, one)].map(([name, { of }]) => [name, { of, platform, provided: true }] as const),
    ),
  ])
}

/**
 * The platforms that an image is built for where `asked` are: the toolchain, and what that is made on, also for the
 * platform whose toolchain makes the others.
 */
export function platformsOf(
  image: Image,
  asked: readonly Platform[],
  { images, toolchain }: PlanSettings,
): readonly Platform[] {
  const tools = [...images.values()].filter(one => one.toolchain).flatMap(one => lineage(images, one))
  return tools.some(({ name }) => name === image.name) ? [...new Set([...asked, toolchain])] : asked
}
