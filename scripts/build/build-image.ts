import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { UserError } from '../lib/errors.ts'
import { withLock } from '../lib/lock.ts'
import { capture, perform, show } from '../lib/run.ts'
import type { Platform } from '../lib/settings.ts'
import type { Descriptor } from '../oci/blobs.ts'
import { filesList, writeFiles } from '../oci/file-list.ts'
import { writeIndex } from '../oci/layout.ts'
import { nvra } from '../rpm/package.ts'
import { packageData, writePackageData } from '../rpm/package-data.ts'
import { readList } from '../rpm/package-list.ts'
import { platformFolder } from '../workspace/outputs.ts'
import type { Image } from '../workspace/workspace.ts'
import { checkBudget, type Spending } from './budget.ts'
import { copyRecipe } from './context.ts'
import { contextSources, layOutContexts } from './contexts.ts'
import type { Engine } from './engines/engine.ts'
import { type Finished, finishImage } from './finish.ts'
import { checkKeptPackages, openParent, type Parent } from './parent.ts'
import { type BuildPlan, type PlanSettings, type Preparation, planBuild, workOf } from './plan.ts'
import { preparationOf } from './preparation.ts'
import { readRecipe, writeRecipe } from './recipe-file.ts'
import { type MadeOf, writeSeal } from './seal.ts'
import { stopwatch } from './stopwatch.ts'

/** What a build needs besides the image: the workspace it is part of, and what was chosen. */
export interface BuildSettings extends PlanSettings {
  readonly engine: Engine
  readonly platforms: readonly Platform[]
}

/** The commands a build would run, as one would type them. */
export async function dryRun(image: Image, settings: BuildSettings): Promise<string[]> {
  const preparation = await preparationOf(image)
  return settings.platforms.flatMap(platform => {
    const recipe = readRecipe(image, platform, settings, preparation)
    return settings.engine.build(planBuild(image, platform, settings, recipe, preparation)).map(show)
  })
}

/**
 * Builds an image for every platform into its `dist/`: a thin OCI layout, for each platform the list of its files and
 * that of its packages, and a seal that covers them.
 * All is made in `work/` and moved to `dist/` at the end, so that a build that is killed leaves the old image or none.
 */
export function buildImage(image: Image, settings: BuildSettings): Promise<void> {
  return withLock(join(image.dir, 'work', 'lock'), `building ${image.name}`, async () => {
    const made = join(image.dir, 'work', 'dist')
    const dist = join(image.dir, 'dist')
    const preparation = await preparationOf(image)
    rmSync(made, { recursive: true, force: true })
    const manifests = new Map<string, Descriptor>()
    for (const platform of settings.platforms) {
      const work = workOf(image, platform)
      rmSync(work, { recursive: true, force: true })
      try {
        manifests.set(platform, await buildPlatform(image, platform, settings, preparation, made))
      } finally {
        rmSync(work, { recursive: true, force: true })
      }
    }
    writeIndex(join(made, 'oci'), manifests)
    writeSeal(made, image.name, madeOf(settings))
    const gone = manifestsIn(dist).filter(digest => !manifestsIn(made).includes(digest))
    rmSync(dist, { recursive: true, force: true })
    renameSync(made, dist)
    for (const command of gone.length > 0 ? (settings.engine.forget?.(gone) ?? []) : [])
      await capture(command)
  })
}

/** The digests of all that a `dist/` holds for others to build on; none of one that cannot be read. */
function manifestsIn(dist: string): string[] {
  if (!existsSync(dist)) return []
  const indexes = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter(
    file => basename(file) === 'index.json',
  )
  return indexes.flatMap(file => {
    const found = readFileSync(join(dist, file), 'utf8').matchAll(/"sha256:[0-9a-f]{64}"/g)
    return [...found].map(([digest]) => JSON.parse(digest) as string)
  })
}

const madeOf = ({ distro, engine }: BuildSettings): MadeOf => ({
  distro: distro.name,
  release: distro.release,
  engine: engine.name,
})

async function buildPlatform(
  image: Image,
  platform: Platform,
  settings: BuildSettings,
  preparation: Preparation | undefined,
  made: string,
): Promise<Descriptor> {
  const out = join(made, platformFolder(platform))
  const phases = stopwatch()
  // Loading takes as long as the engine needs to start.
  const sbom = import('../sbom/write.ts')
  const recipe = readRecipe(image, platform, settings, preparation)
  const sources = contextSources(settings.images, image, platform, madeOf(settings))
  const digests = new Map([...sources].map(([name, { digest }]) => [name, digest]))
  const folder = copyRecipe(image.recipe, workOf(image, platform), settings.distro.epoch)
  const plan = planBuild(image, platform, settings, recipe, preparation, { digests, folder })
  mkdirSync(out, { recursive: true })
  writeRecipe(plan, recipe)
  if (preparation) await preparation.prepare(plan, settings.distro, made)
  else layOutContexts(plan, sources, settings.images)
  phases.end('parents')
  for (const command of settings.engine.build(plan)) {
    await perform(`building ${image.name} for ${platform}`, command)
  }
  phases.end('engine')
  const parent = openParent(settings.images, image, platform, madeOf(settings))
  const finished = await finishImage(plan, settings.engine.readExport(plan), parent, join(made, 'oci'))
  const { manifest, files, packages } = finished
  if (files.length === 0)
    throw new UserError(`images/${image.name}/Dockerfile makes an image without a single file`)
  if (parent) checkKeptPackages(image, recipe, parent.packages, packages)
  if (image.budget) checkBudget(image, spending(plan, finished, parent, settings))
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
function spending(
  { image, platform }: BuildPlan,
  finished: Finished,
  parent: Parent | undefined,
  { distro }: BuildSettings,
): Spending {
  const list = readList(distro.name, platformFolder(platform), image.name)
  return {
    ...finished,
    platform,
    before: {
      what: list ? 'its package list' : (parent?.name ?? 'an empty image'),
      packages: new Set(list ?? parent?.packages.map(nvra)),
    },
    parentFiles: new Set(parent?.files.map(({ path }) => path)),
  }
}
