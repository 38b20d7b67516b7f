import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { parseDockerfile } from '../lib/dockerfile.ts'
import { readText } from '../lib/json.ts'
import { repoRoot } from '../lib/paths.ts'
import type { Platform } from '../lib/settings.ts'
import type { Image } from '../workspace/workspace.ts'
import { refuseDropped } from './dropped.ts'
import { checkFroms } from './froms.ts'
import { hereDocuments, type PlainDockerfile, writePlainly } from './plain.ts'
import {
  type BuildPlan,
  contextImages,
  lentBy,
  type PlanSettings,
  type Preparation,
  parentName,
} from './plan.ts'
import { type Recipe, rewriteRecipe } from './recipe.ts'

export type ReadRecipe = Recipe & Pick<PlainDockerfile, 'files'>

/** Reads and checks an image's Dockerfile, and puts it as all engines read it alike. Throws UserError. */
export function readRecipe(
  image: Image,
  platform: Platform,
  settings: PlanSettings,
  preparation: Preparation | undefined,
): ReadRecipe {
  const file = relative(repoRoot, join(image.recipe, 'Dockerfile'))
  const content = readText(join(image.recipe, 'Dockerfile'), `it is the recipe of ${image.name}`)
  const contexts = contextImages(image, platform, settings)
  const prepared = preparation?.contexts(settings.distro, '').map(({ name }) => name)
  const names = prepared ?? [...contexts.keys()]
  const lent = (name: string) => {
    const context = contexts.get(name)
    const places = context && !context.provided ? lentBy(settings.images, context.of) : new Map()
    return [...places].map(([from, { place }]) => ({ from, place }))
  }
  const [os, arch] = platform.split('/') as [string, string]
  const args = { TARGETPLATFORM: platform, TARGETOS: os, TARGETARCH: arch, ...image.args }
  const dockerfile = checkFroms(file, content, names, args)
  refuseDropped(file, dockerfile)
  const { text, files } = writePlainly(file, content, dockerfile)
  return { ...rewriteRecipe(text, parseDockerfile(text, args), parentName(image), lent), files }
}

/** Writes a recipe to where the plan has it. */
export function writeRecipe({ work, dockerfile }: BuildPlan, recipe: ReadRecipe): void {
  writeFileSync(dockerfile, recipe.dockerfile)
  for (const { path, content } of recipe.files) {
    const file = join(work, hereDocuments, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, content)
  }
}
