import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { glob } from 'zx'
import { readJson } from '../lib/json.ts'
import { inRepo, repoRoot } from '../lib/paths.ts'
import { among } from '../lib/schema.ts'
import type { Distro } from '../workspace/distro.ts'
import type { Engine } from './engines/engine.ts'
import type { BuildPlan } from './plan.ts'
import type { ReadRecipe } from './recipe-file.ts'
import { turboInputs } from './turbo-inputs.ts'

/**
 * Digest of all that decides what a build for one platform makes. Turbo hashes the same, but for all platforms at once:
 * by this one, what is there of a platform is good although turbo runs the task for another.
 */
export function inputsOf(plan: BuildPlan, recipe: ReadRecipe, distro: Distro, engine: Engine): string {
  const { dir, recipe: folder, prepare, ...image } = plan.image
  const contexts = plan.contexts.map(context => ({ ...context, layout: undefined, folder: undefined }))
  const inputs = {
    platform: plan.platform,
    image,
    // The folder that the recipe was copied to has the digest of its content in its name.
    files: basename(plan.recipe),
    recipe: { ...recipe, aliases: [...recipe.aliases] },
    contexts,
    distro,
    engine: engine.name,
    code: codeDigest(),
    packages: installedPackages(),
  }
  return sha256(JSON.stringify(inputs))
}

let code: string | undefined

/** Of the rooms inside the build. What setup chose is said by the distro and the engine. */
function codeDigest(): string {
  if (code) return code
  const files = glob.sync([...turboInputs().shared], { cwd: repoRoot }).filter(file => file.endsWith('.ts'))
  code = sha256(JSON.stringify(files.sort().map(file => [file, sha256(readFileSync(inRepo(file)))])))
  return code
}

const lockfile = among({ packages: among({}) })

/** What npm installed. The lockfile names our own images, too, which come and go. */
function installedPackages(): readonly unknown[] {
  const { packages } = readJson(inRepo('package-lock.json'), lockfile)
  return Object.entries(packages).filter(([path]) => path.startsWith('node_modules/'))
}

const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest('hex')
