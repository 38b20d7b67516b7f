import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { foreignPlatform } from '../../scripts/lib/settings.ts'
import { made, madeOtherwise } from '../../scripts/testing/same-images.ts'
import { readWorkspace } from '../../scripts/workspace/workspace.ts'
import { closure, Workbench } from '../workbench.ts'

/**
 * Registers a test for each image: built by a toolchain of its own platform, all of which an emulator runs, it is the
 * image that this machine's toolchain makes. A machine of that platform does so, too, with a processor for an emulator.
 */
export function sameEmulated(names: readonly string[]): void {
  let bench: Workbench
  before(() => {
    bench = new Workbench('emulated')
    const images = readWorkspace()
    bench.takeDist(...new Set(names.flatMap(name => closure(images, name))))
  })
  after(() => bench.remove())

  for (const name of names) {
    test(`${name} for ${foreignPlatform} is the same by a toolchain that is emulated as a whole`, () => {
      const env = { PLATFORMS: foreignPlatform, TOOLCHAIN_PLATFORM: foreignPlatform }
      const { exitCode, output } = bench.script('build', ['--no-cache', name], env)
      assert.equal(exitCode, 0, output)
      const emulated = made(readWorkspace(join(bench.root, 'images')), [name], foreignPlatform)
      assert.deepEqual(madeOtherwise(made(readWorkspace(), [name], foreignPlatform), emulated), [])
    })
  }
}
