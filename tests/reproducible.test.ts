import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { nativePlatform } from '../scripts/lib/settings.ts'
import { made, madeOtherwise } from '../scripts/testing/same-images.ts'
import { readWorkspace } from '../scripts/workspace/workspace.ts'
import { buildOrder, Workbench } from './workbench.ts'

// The other engine makes an image of every recipe anew as it is; these have a compiler, scriptlets and many libraries.
const names = buildOrder(readWorkspace(), ['minimal-base-git', 'minimal-base-haproxy'])

let bench: Workbench
before(() => {
  bench = new Workbench('a checkout of another name')
})
after(() => bench.remove())

test('images made anew, later and elsewhere, with all that they are made of, have the same manifest digests', () => {
  const { exitCode, output } = bench.script('build', ['--no-cache', ...names], {
    TZ: 'Asia/Kolkata',
    LC_ALL: 'C',
  })
  assert.equal(exitCode, 0, output)
  const again = made(readWorkspace(join(bench.root, 'images')), names, nativePlatform)
  assert.deepEqual(madeOtherwise(made(readWorkspace(), names, nativePlatform), again), [])
})
