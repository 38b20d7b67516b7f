import { join } from 'node:path'
import type { Platform } from '../lib/settings.ts'
import { assembleLayout, mediaTypes, readImage, writeIndex, writeJson } from '../oci/layout.ts'
import { providedLayout } from '../workspace/outputs.ts'
import { findImage, type Image } from '../workspace/workspace.ts'
import { distOf, layoutsOf } from './dist.ts'
import { type BuildPlan, contextImages } from './plan.ts'
import { configurationContext } from './recipe.ts'
import type { MadeOf } from './seal.ts'

/** Where the blobs of a context lie, and the digest of its image. */
export interface Source {
  readonly layouts: readonly string[]
  readonly digest: string
}

/** What an image's Dockerfile can name, by that name. Throws UserError where one is not built, damaged, or made of other than `wanted`. */
export function contextSources(
  images: ReadonlyMap<string, Image>,
  image: Image,
  platform: Platform,
  wanted: MadeOf,
): Map<string, Source> {
  const sources = [...contextImages(images, image)].map(([name, { of, provided }]) => {
    const layouts = provided
      ? [providedLayout(distOf(of, wanted), name, platform)]
      : layoutsOf(images, of, wanted)
    return [name, { layouts, digest: readImage(layouts, platform).digest }] as const
  })
  return new Map(sources)
}

/** Puts a self-contained layout of everything that the Dockerfile can name where the plan says. */
export function layOutContexts(
  plan: BuildPlan,
  sources: ReadonlyMap<string, Source>,
  images: ReadonlyMap<string, Image>,
): void {
  for (const context of plan.contexts) {
    const source = sources.get(context.name)
    if (source && 'layout' in context) assembleLayout(source.layouts, plan.platform, context.layout)
  }
  const parent = plan.replacesParent && findImage(images, plan.image.parent!)
  if (parent) writeConfiguration(plan, layoutsOf(images, parent, 'any'))
}

/** An image without a file: what is built on it inherits the parent's configuration, and none of its layers. */
function writeConfiguration({ work, platform }: BuildPlan, parent: readonly string[]): void {
  const layout = join(work, 'contexts', configurationContext)
  const { config } = readImage(parent, platform)
  const bare = { ...config, rootfs: { type: 'layers', diff_ids: [] }, history: [] }
  const manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: writeJson(layout, mediaTypes.config, bare),
    layers: [],
  }
  writeIndex(layout, new Map([[platform, writeJson(layout, mediaTypes.manifest, manifest)]]))
}
