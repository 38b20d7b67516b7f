import { join } from 'node:path'
import type { Platform } from '../lib/settings.ts'
import { assembleLayout, digestAs, mediaTypes, readImage, writeIndex, writeJson } from '../oci/layout.ts'
import { providedLayout } from '../workspace/outputs.ts'
import { findImage, type Image } from '../workspace/workspace.ts'
import { builtOf, layoutsOf } from './dist.ts'
import { type BuildPlan, contextImages, type PlanSettings } from './plan.ts'
import { configurationContext } from './recipe.ts'
import type { MadeOf } from './seal.ts'

/** Where the blobs of a context lie, which platform they are of, and the digest of its image as the build is given it. */
export interface Source {
  readonly layouts: readonly string[]
  readonly platform: Platform
  readonly digest: string
}

/** What an image's Dockerfile can name, by that name. Throws UserError where one is not built, damaged, or made of other than `wanted`. */
export function contextSources(
  image: Image,
  platform: Platform,
  settings: PlanSettings,
  wanted: MadeOf,
): Map<string, Source> {
  const sources = [...contextImages(image, platform, settings)].map(([name, context]) => {
    const layouts = context.provided
      ? [providedLayout(builtOf(context.of, context.platform, wanted), name)]
      : layoutsOf(settings.images, context.of, context.platform, wanted)
    const digest = digestAs(layouts, context.platform, platform)
    return [name, { layouts, platform: context.platform, digest }] as const
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
    if (source && 'layout' in context)
      assembleLayout(source.layouts, source.platform, context.layout, plan.platform)
  }
  const parent = plan.replacesParent && findImage(images, plan.image.parent!)
  if (parent) writeConfiguration(plan, layoutsOf(images, parent, plan.platform, 'any'))
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
  writeIndex(layout, platform, writeJson(layout, mediaTypes.manifest, manifest))
}
