import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { parseDockerfile } from '../lib/dockerfile.ts'
import { UserError } from '../lib/errors.ts'
import { readText } from '../lib/json.ts'
import { withLock } from '../lib/lock.ts'
import { repoRoot } from '../lib/paths.ts'
import { capture, perform, show } from '../lib/run.ts'
import type { Platform } from '../lib/settings.ts'
import type { Descriptor } from '../oci/blobs.ts'
import { filesList, readFiles, writeFiles } from '../oci/file-list.ts'
import { readImage, writeIndex } from '../oci/layout.ts'
import { nvra, type Package } from '../rpm/package.ts'
import { packageData, readPackageData, writePackageData } from '../rpm/package-data.ts'
import { readList } from '../rpm/package-list.ts'
import { platformFolder } from '../workspace/outputs.ts'
import { findImage, type Image } from '../workspace/workspace.ts'
import { checkBudget, type Spending } from './budget.ts'
import { copyRecipe } from './context.ts'
import { contextSources, layOutContexts } from './contexts.ts'
import { distOf, layoutsOf } from './dist.ts'
import { refuseDropped } from './dropped.ts'
import type { Engine } from './engines/engine.ts'
import { type Finished, finishImage, type Parent } from './finish.ts'
import { checkFroms } from './froms.ts'
import { hereDocuments, type PlainDockerfile, writePlainly } from './plain.ts'
import {
  type BuildPlan,
  contextImages,
  type PlanSettings,
  type Preparation,
  parentName,
  planBuild,
  workOf,
} from './plan.ts'
import { preparationOf } from './preparation.ts'
import { type Recipe, rewriteRecipe } from './recipe.ts'
import { type MadeOf, writeSeal } from './seal.ts'

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

/** Reads and checks a Dockerfile, and writes it as all engines read it alike. */
function readRecipe(
  image: Image,
  platform: Platform,
  { images, distro }: BuildSettings,
  preparation: Preparation | undefined,
): Recipe & Pick<PlainDockerfile, 'files'> {
  const file = relative(repoRoot, join(image.recipe, 'Dockerfile'))
  const content = readText(join(image.recipe, 'Dockerfile'), `it is the recipe of ${image.name}`)
  const prepared = preparation?.contexts(distro, '').map(({ name }) => name)
  const names = prepared ?? [...contextImages(images, image).keys()]
  const [os, arch] = platform.split('/') as [string, string]
  const args = { TARGETPLATFORM: platform, TARGETOS: os, TARGETARCH: arch, ...image.args }
  const dockerfile = checkFroms(file, content, names, args)
  refuseDropped(file, dockerfile)
  const { text, files } = writePlainly(file, content, dockerfile)
  return { ...rewriteRecipe(text, parseDockerfile(text, args), parentName(image)), files }
}

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
  writeFileSync(plan.dockerfile, recipe.dockerfile)
  writeHereDocuments(plan, recipe.files)
  if (preparation) await preparation.prepare(plan, settings.distro, made)
  else layOutContexts(plan, sources, settings.images)
  phases.end('parents')
  for (const command of settings.engine.build(plan)) {
    await perform(`building ${image.name} for ${platform}`, command)
  }
  phases.end('engine')
  const parent = image.parent
    ? openParent(findImage(settings.images, image.parent), plan, settings)
    : undefined
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

function writeHereDocuments({ work }: BuildPlan, files: PlainDockerfile['files']): void {
  for (const { path, content } of files) {
    const file = join(work, hereDocuments, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, content)
  }
}

function openParent(parent: Image, { platform }: BuildPlan, settings: BuildSettings): Parent {
  const [dist, folder] = [distOf(parent, madeOf(settings)), platformFolder(platform)]
  return {
    name: parent.name,
    image: readImage(layoutsOf(settings.images, parent, madeOf(settings)), platform),
    files: readFiles(filesList(dist, folder)),
    packages: parent.internal ? [] : readPackageData(packageData(dist, folder)),
  }
}

/** A package of the parent goes when the recipe names it, and not by accident. */
function checkKeptPackages(
  { name, recipe: folder }: Image,
  { dockerfile }: Recipe,
  before: readonly Package[],
  after: readonly Package[],
): void {
  const kept = new Set(after.map(one => one.name))
  const words = new Set(dockerfile.split(/[\s"']+/))
  const lost = before.find(one => !kept.has(one.name) && !words.has(one.name))
  if (!lost) return
  throw new UserError(
    `${nvra(lost)} of the parent is gone from ${name}, and ${relative(repoRoot, folder)}/Dockerfile does not say so: ` +
      `find what removed it, or say 'remove_package ${lost.name}'`,
  )
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
