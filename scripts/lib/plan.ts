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

/** The RPM repository that the distro's build left for a platform; empty where packages come over the network. */
export function repositoryOf(images: ReadonlyMap<string, Image>, platform: Platform): string {
  return join(findImage(images, 'distro').dir, 'dist', platformFolder(platform), 'repo')
}

/** Decides how an image is built; touches nothing. */
export function planBuild(
  image: Image,
  platform: Platform,
  { images, distro, noCache }: { images: ReadonlyMap<string, Image>; distro: Distro; noCache: boolean },
): BuildPlan {
  const work = join(image.dir, 'work', platformFolder(platform))
  const contexts: Context[] = image.contexts.map(name => ({ name, layout: join(work, 'contexts', name) }))
  if (image.contexts.includes('distro'))
    contexts.push({ name: 'repo', folder: repositoryOf(images, platform) })
  if (image.name === 'distro') contexts.push(...distroContexts(distro, work))
  return {
    image,
    platform,
    dockerfile: join(image.dir, 'Dockerfile'),
    contexts,
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
