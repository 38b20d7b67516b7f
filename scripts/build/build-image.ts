import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { UserError } from '../lib/errors.ts'
import { withLock } from '../lib/lock.ts'
import { capture, perform, show } from '../lib/run.ts'
import { type Platform, platforms, turboTask } from '../lib/settings.ts'
import { filesList, writeFiles } from '../oci/file-list.ts'
import { digestAs, writeIndex } from '../oci/layout.ts'
import { nvra } from '../rpm/package.ts'
import { packageData, writePackageData } from '../rpm/package-data.ts'
import { readList } from '../rpm/package-list.ts'
import { layoutIn, outputOf, platformFolder } from '../workspace/outputs.ts'
import type { Image } from '../workspace/workspace.ts'
import { checkBudget, type Spending } from './budget.ts'
import { copyRecipe } from './context.ts'
import { contextSources, layOutContexts, type Source } from './contexts.ts'
import type { Engine } from './engines/engine.ts'
import { type Finished, finishImage } from './finish.ts'
import { inputsOf } from './inputs.ts'
import { keepOthers, keptOutput, replaceFolder } from './kept.ts'
import { checkKeptPackages, openParent, type Parent } from './parent.ts'
import {
  type BuildPlan,
  type PlanSettings,
  type Preparation,
  planBuild,
  platformsOf,
  workOf,
} from './plan.ts'
import { preparationOf } from './preparation.ts'
import { type ReadRecipe, readRecipe, writeRecipe } from './recipe-file.ts'
import { type MadeOf, noteTask, readSeal, writeSeal } from './seal.ts'
import { stopwatch } from './stopwatch.ts'

/** What a build needs besides the image: the workspace it is part of, and what was chosen. */
export interface BuildSettings extends PlanSettings {
  readonly engine: Engine
  readonly platforms: readonly Platform[]
}

/** The commands a build would run, as one would type them. */
export async function dryRun(image: Image, settings: BuildSettings): Promise<string[]> {
  const preparation = await preparationOf(image)
  return platformsOf(image, settings.platforms, settings).flatMap(platform => {
    const recipe = readRecipe(image, platform, settings, preparation)
    return settings.engine.build(planBuild(image, platform, settings, recipe, preparation)).map(show)
  })
}

/**
 * Builds an image for every platform into its `dist/`, each by itself: a thin OCI layout, the list of its files, that of
 * its packages, and a seal that covers them. What turbo asks for again because another platform is asked for, too, stays
 * as it is. All is made in `work/` and moved to `dist/` at the end, so that a build that is killed leaves the old image or
 * none.
 */
export function buildImage(image: Image, settings: BuildSettings): Promise<void> {
  return withLock(join(image.dir, 'work', 'lock'), `building ${image.name}`, async () => {
    const preparation = await preparationOf(image)
    const wanted = platformsOf(image, settings.platforms, settings)
    keepOthers(image.dir, wanted)
    for (const platform of wanted) {
      const work = workOf(image, platform)
      rmSync(work, { recursive: true, force: true })
      try {
        await buildPlatform(image, platform, settings, preparation)
      } finally {
        rmSync(work, { recursive: true, force: true })
      }
    }
    const task = turboTask()
    if (task) for (const platform of wanted) noteTask(outputOf(image.dir, platform), task)
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
): Promise<void> {
  const recipe = readRecipe(image, platform, settings, preparation)
  const sources = contextSources(image, platform, settings, madeOf(settings))
  const digests = new Map([...sources].map(([name, { digest }]) => [name, digest]))
  const folder = copyRecipe(image.recipe, workOf(image, platform), settings.distro.epoch)
  const plan = planBuild(image, platform, settings, recipe, preparation, { digests, folder })
  const inputs = inputsOf(plan, recipe, settings.distro, settings.engine)
  const output = outputOf(image.dir, platform)
  if (isBuilt(image, platform, inputs, settings)) return console.log(`${image.name} ${platform} is as it was`)
  const made = join(plan.work, 'made')
  await makeOutput(plan, recipe, sources, preparation, settings, made)
  writeSeal(made, { image: image.name, platform, madeOf: madeOf(settings), inputs })
  const gone = imagesIn(output).filter(digest => !imagesIn(made).includes(digest))
  replaceFolder(made, output)
  rmSync(keptOutput(image.dir, platform), { recursive: true, force: true })
  for (const command of gone.length > 0 ? (settings.engine.forget?.(gone) ?? []) : []) await capture(command)
}

/**
 * Whether just this is built, in `dist/` or kept. Only turbo is answered so: who runs the script wants a build, and so does
 * who has turbo run the very task again that it ran before (`--force`).
 */
function isBuilt(image: Image, platform: Platform, inputs: string, { noCache }: BuildSettings): boolean {
  const task = turboTask()
  const isGood = (output: string) => {
    try {
      const seal = readSeal(output)
      return seal.image === image.name && seal.inputs === inputs && !seal.tasks.includes(task!)
    } catch (error) {
      if (error instanceof UserError) return false
      throw error
    }
  }
  if (!task || noCache) return false
  const [output, kept] = [outputOf(image.dir, platform), keptOutput(image.dir, platform)]
  if (isGood(output)) return true
  if (!isGood(kept)) return false
  replaceFolder(kept, output)
  return true
}

/** The digests of all that an output holds for others to build on, as of either platform; none of what cannot be read. */
function imagesIn(output: string): string[] {
  if (!existsSync(output)) return []
  const layouts = readdirSync(output, { recursive: true, encoding: 'utf8' })
    .filter(file => basename(file) === 'index.json')
    .map(file => dirname(join(output, file)))
  return layouts.flatMap(layout => platforms.flatMap(of => platforms.flatMap(as => digestIn(layout, of, as))))
}

function digestIn(layout: string, of: Platform, as: Platform): string[] {
  try {
    return [digestAs([layout], of, as)]
  } catch (error) {
    if (error instanceof UserError) return []
    throw error
  }
}

async function makeOutput(
  plan: BuildPlan,
  recipe: ReadRecipe,
  sources: ReadonlyMap<string, Source>,
  preparation: Preparation | undefined,
  settings: BuildSettings,
  made: string,
): Promise<void> {
  const { image, platform } = plan
  const phases = stopwatch()
  // Loading takes as long as the engine needs to start.
  const sbom = import('../sbom/write.ts')
  mkdirSync(made, { recursive: true })
  writeRecipe(plan, recipe)
  if (preparation) await preparation.prepare(plan, settings.distro, made)
  else layOutContexts(plan, sources, settings.images)
  phases.end('parents')
  for (const command of settings.engine.build(plan)) {
    await perform(`building ${image.name} for ${platform}`, command)
  }
  phases.end('engine')
  const parent = openParent(settings.images, image, platform, madeOf(settings))
  const finished = await finishImage(plan, settings.engine.readExport(plan), parent, layoutIn(made))
  const { manifest, files, packages } = finished
  if (files.length === 0)
    throw new UserError(`images/${image.name}/Dockerfile makes an image without a single file`)
  if (parent) checkKeptPackages(image, recipe, parent.packages, packages)
  if (image.budget) checkBudget(image, spending(plan, finished, parent, settings))
  writeIndex(layoutIn(made), platform, manifest)
  writeFiles(filesList(made), files)
  if (!image.internal) {
    writePackageData(packageData(made), packages)
    const { writeSboms } = await sbom
    const { digest } = manifest
    writeSboms(made, { image: image.name, platform, digest, epoch: plan.epoch, os: finished.os, packages })
  }
  phases.end('layer')
  console.log(`${image.name} ${platform} ${manifest.digest} (${phases.report()})`)
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
