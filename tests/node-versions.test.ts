import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { layoutsOf } from '../scripts/build/dist.ts'
import { readImage } from '../scripts/oci/layout.ts'
import { environmentOf, nodeVersions } from '../scripts/testing/node-versions.ts'
import { findImage, readWorkspace } from '../scripts/workspace/workspace.ts'
import { closure, Workbench } from './workbench.ts'

const name = 'minimal-base-glibc'

let bench: Workbench
before(() => {
  bench = new Workbench('node-versions')
  bench.takeDist(...closure(readWorkspace(), name))
})
after(() => bench.remove())

const digest = (images = readWorkspace()) =>
  readImage(layoutsOf(images, findImage(images, name), 'linux/amd64'), 'linux/amd64').digest

for (const version of nodeVersions) {
  test(`an image that Node.js ${version} builds has the same digest`, () => {
    const { exitCode, output } = bench.run(
      ['node', '--import', 'tsx', 'scripts/build.ts', '--no-cache', name],
      environmentOf(version),
    )
    assert.equal(exitCode, 0, output)
    assert.equal(digest(readWorkspace(join(bench.root, 'images'))), digest())
  })
}
