import { mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { UserError } from '../lib/errors.ts'
import { withLock } from '../lib/lock.ts'
import { repoRoot } from '../lib/paths.ts'
import { perform, show } from '../lib/run.ts'
import type { Platform } from '../lib/settings.ts'
import type { Descriptor } from '../oci/blobs.ts'
import { filesList, readFiles, writeFiles } from '../oci/file-list.ts'
import { assembleLayout, readImage, writeIndex } from '../oci/layout.ts'
import { nvra } from '../rpm/package.ts'
import { packageData, readPackageData, writePackageData } from '../rpm/package-data.ts'
import { readList } from '../rpm/package-list.ts'
import { layoutsOf, platformFolder } from '../workspace/outputs.ts'
import { findImage, type Image } from '../workspace/workspace.ts'
import { checkBudget, type Spending } from './budget.ts'
import type { Engine } from './engines/engine.ts'
import { type Finished, finishImage } from './finish.ts'
import { type BuildPlan, contextSources, type PlanSettings, type Preparation, planBuild } from './plan.ts'

/** What a build needs besides the image: the workspace it is part of, and what was chosen. */
export interface BuildSettings extends PlanSettings {
  readonly engine: Engine
  readonly platforms: readonly Platform[]
}

/** The commands a build would run, as one would type them. */
export async function dryRun(image: Image, settings: BuildSettings): Promise<string[]> {
  const preparation = await preparationOf(image)
  return settings.platforms.flatMap(platform =>
    settings.engine.build(planBuild(image, platform, settings, preparation)).map(show),
  )
}

/**
 * Builds an image for every platform into its `dist/`: a thin OCI layout, and for each platform the list of its files and
 * that of its packages.
 * All is made in `work/` and moved to `dist/` at the end, so that a build that is killed leaves the old image or none.
 */
export function buildImage(image: Image, settings: BuildSettings): Promise<void> {
  return withLock(join(image.dir, 'work', 'lock'), `building ${image.name}`, async () => {
    const made = join(image.dir, 'work', 'dist')
    const dist = join(image.dir, 'dist')
    const preparation = await preparationOf(image)
    const plans = settings.platforms.map(platform => planBuild(image, platform, settings, preparation))
    for (const folder of [made, ...plans.map(({ work }) => work)]) {
      rmSync(folder, { recursive: true, force: true })
    }
    const manifests = new Map<string, Descriptor>()
    for (const plan of plans) {
      await checkDockerfile(plan)
      manifests.set(plan.platform, await buildPlatform(plan, settings, preparation, made))
      rmSync(plan.work, { recursive: true, force: true })
    }
    writeIndex(join(made, 'oci'), manifests)
    rmSync(dist, { recursive: true, force: true })
    renameSync(made, dist)
  })
}

async function preparationOf({ prepare }: Image): Promise<Preparation | undefined> {
  return prepare ? ((await import(pathToFileURL(prepare).href)) as Preparation) : undefined
}

/** The parser is loaded here, since nothing but a build needs it. */
async function checkDockerfile({ dockerfile, contexts, platform, image }: BuildPlan): Promise<void> {
  const { checkFroms } = await import('./froms.ts')
  const names = contexts.map(({ name }) => name)
  const [os, arch] = platform.split('/') as [string, string]
  const args = { TARGETPLATFORM: platform, TARGETOS: os, TARGETARCH: arch, ...image.args }
  checkFroms(relative(repoRoot, dockerfile), readFileSync(dockerfile, 'utf8'), names, args)
}

async function buildPlatform(
  plan: BuildPlan,
  settings: BuildSettings,
  preparation: Preparation | undefined,
  made: string,
): Promise<Descriptor> {
  const { image, platform } = plan
  const out = join(made, platformFolder(platform))
  const phases = stopwatch()
  // Loading takes as long as the engine needs to start.
  const sbom = import('../sbom/write.ts')
  mkdirSync(out, { recursive: true })
  mkdirSync(plan.work, { recursive: true })
  if (preparation) await preparation.prepare(plan, settings.distro, made)
  else assembleContexts(plan, settings)
  phases.end('parents')
  for (const command of settings.engine.build(plan)) {
    await perform(`building ${image.name} for ${platform}`, command)
  }
  phases.end('engine')
  const parent = image.parent
    ? readImage(layoutsOf(settings.images, findImage(settings.images, image.parent)), platform)
    : undefined
  const finished = await finishImage(plan, settings.engine.readExport(plan), parent, join(made, 'oci'))
  const { manifest, files, packages } = finished
  if (files.length === 0)
    throw new UserError(`images/${image.name}/Dockerfile makes an image without a single file`)
  if (image.budget) checkBudget(image, spending(plan, finished, settings))
  writeFiles(filesList(made, platformFolder(platform)), files)
  if (!image.internal) {
    writePackageData(packageData(made, platformFolder(platform)), packages)
    const { writeSboms } = await sbom
    const { digest } = manifest
    const subject = { image: image.name, platform, digest, epoch: plan.epoch, os: finished.os, packages }
    writeSboms(made, platformFolder(platform), subject)
  }
  phases.end('layer')
  console.log(`${image.name} ${platform} ${manifest.digest} (${phases.report()})`)
  return manifest
}

/** What is new in an image is said against its checked-in list, which no build depends on, else against its parent. */
function spending({ image, platform }: BuildPlan, finished: Finished, settings: BuildSettings): Spending {
  const folder = platformFolder(platform)
  const parent = image.parent ? findImage(settings.images, image.parent) : undefined
  const dist = parent && !parent.internal ? join(parent.dir, 'dist') : undefined
  const list = readList(settings.distro.name, folder, image.name)
  const inherited = dist ? readPackageData(packageData(dist, folder)).map(nvra) : []
  return {
    ...finished,
    platform,
    before: {
      what: list ? 'its package list' : (parent?.name ?? 'an empty image'),
      packages: new Set(list ?? inherited),
    },
    parentFiles: new Set(dist ? readFiles(filesList(dist, folder)).map(({ path }) => path) : []),
  }
}

/** Puts a self-contained layout of every image that the Dockerfile names where the plan says. */
function assembleContexts({ image, platform, work }: BuildPlan, { images }: BuildSettings): void {
  for (const [name, sources] of contextSources(images, image, platform)) {
    assembleLayout(sources, platform, join(work, 'contexts', name))
  }
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
