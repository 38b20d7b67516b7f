import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readDistro } from '../workspace/distro.ts'
import { findImage, readWorkspace } from '../workspace/workspace.ts'
import { engineOf } from './engines/index.ts'
import { inputsOf } from './inputs.ts'
import { planBuild } from './plan.ts'
import { readRecipe } from './recipe-file.ts'

const images = readWorkspace(undefined, 'lab')
const distro = readDistro('lab')
const image = findImage(images, 'minimal-base-glibc')

/** The inputs of a build of glibc whose parent has a digest, and whose recipe's files have another. */
function inputs(parent: string, files: string, platform: 'linux/amd64' | 'linux/arm64', dir = image.dir) {
  const settings = { images, distro, toolchain: 'linux/amd64', noCache: false } as const
  const recipe = readRecipe(image, platform, settings, undefined)
  const digests = new Map([
    ['minimal-base', `sha256:${parent}`],
    ['builder', 'sha256:b'],
  ])
  const found = { digests, folder: `${dir}/work/recipe-${files}` }
  const plan = planBuild({ ...image, dir }, platform, settings, recipe, undefined, found)
  return inputsOf(plan, recipe, distro, engineOf.buildah)
}

test('the inputs of a build are what decides what it makes, and not where', () => {
  const before = inputs('p', 'f', 'linux/amd64')
  assert.equal(inputs('p', 'f', 'linux/amd64', '/elsewhere'), before)
  const others = [
    inputs('q', 'f', 'linux/amd64'),
    inputs('p', 'g', 'linux/amd64'),
    inputs('p', 'f', 'linux/arm64'),
  ]
  assert.equal(new Set([before, ...others]).size, 4)
})
