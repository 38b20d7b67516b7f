import { mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Distro } from './distro.ts'
import { prepareDistro } from './distro-root.ts'
import type { Engine } from './engines/engine.ts'
import { UserError } from './errors.ts'
import { filesList, finishImage, type Parent, readFiles, writeFiles } from './finish.ts'
import type { Descriptor } from './oci/blobs.ts'
import { assembleLayout, readImage, writeIndex } from './oci/layout.ts'
import { type BuildPlan, contextSources, layoutsOf, planBuild, platformFolder } from './plan.ts'
import { perform, show } from './run.ts'
import type { Platform } from './settings.ts'
import { findImage, type Image } from './workspace.ts'

/** What a build needs besides the image: the workspace it is part of, and what was chosen. */
export interface BuildSettings {
  readonly images: ReadonlyMap<string, Image>
  readonly distro: Distro
  readonly engine: Engine
  readonly platforms: readonly Platform[]
  readonly noCache: boolean
}

/** The commands a build would run, as one would type them. */
export function dryRun(image: Image, settings: BuildSettings): string[] {
  return settings.platforms.flatMap(platform =>
    settings.engine.build(planBuild(image, platform, settings)).map(show),
  )
}

/**
 * Builds an image for every platform into its `dist/`: a thin OCI layout, and the list of its files for each platform.
 * All is made in `work/` and moved to `dist/` at the end, so that a build that is killed leaves the old image or none.
 */
export async function buildImage(image: Image, settings: BuildSettings): Promise<void> {
  const work = join(image.dir, 'work')
  const made = join(work, 'dist')
  const dist = join(image.dir, 'dist')
  rmSync(work, { recursive: true, force: true })
  const manifests = new Map<string, Descriptor>()
  for (const platform of settings.platforms) {
    manifests.set(platform, await buildPlatform(planBuild(image, platform, settings), settings, made))
  }
  writeIndex(join(made, 'oci'), manifests)
  rmSync(dist, { recursive: true, force: true })
  renameSync(made, dist)
  rmSync(work, { recursive: true, force: true })
}

async function buildPlatform(plan: BuildPlan, settings: BuildSettings, made: string): Promise<Descriptor> {
  const { image, platform } = plan
  const out = join(made, platformFolder(platform))
  const phases = stopwatch()
  mkdirSync(out, { recursive: true })
  mkdirSync(plan.work, { recursive: true })
  if (image.name === 'distro') await prepareDistro(plan, settings.distro, made)
  else
    for (const { name } of plan.contexts) {
      const sources = contextSources(settings.images, name, platform)
      assembleLayout(sources, platform, join(plan.work, 'contexts', name))
    }
  phases.end('parents')
  for (const command of settings.engine.build(plan)) {
    await perform(`building ${image.name} for ${platform}`, command)
  }
  phases.end('engine')
  const parent = image.parent ? readParent(settings.images, image.parent, platform) : undefined
  const { manifest, files } = await finishImage(
    plan,
    settings.engine.readExport(plan),
    parent,
    join(made, 'oci'),
  )
  if (files.length === 0)
    throw new UserError(`images/${image.name}/Dockerfile makes an image without a single file`)
  writeFiles(filesList(made, platformFolder(platform)), files)
  phases.end('layer')
  console.log(`${image.name} ${platform} ${manifest.digest} (${phases.report()})`)
  return manifest
}

/** Seconds that each phase took since the one before: where a build's time goes. */
function stopwatch() {
  const spent: string[] = []
  let since = performance.now()
  return {
    end(phase: string) {
      const now = performance.now()
      spent.push(`${phase} ${((now - since) / 1000).toFixed(1)} s`)
      since = now
    },
    report: () => spent.join(', '),
  }
}

function readParent(images: ReadonlyMap<string, Image>, name: string, platform: Platform): Parent {
  const parent = findImage(images, name)
  return {
    image: readImage(layoutsOf(images, parent), platform),
    files: readFiles(filesList(join(parent.dir, 'dist'), platformFolder(platform))),
  }
}
