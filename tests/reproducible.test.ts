import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { made, madeOtherwise } from '../scripts/testing/same-images.ts'
import { tellingImages } from '../scripts/testing/telling.ts'
import { readWorkspace } from '../scripts/workspace/workspace.ts'
import { buildOrder, Workbench } from './workbench.ts'

const names = buildOrder(readWorkspace(), tellingImages(readWorkspace()))

let bench: Workbench
before(() => {
  bench = new Workbench('a checkout of another name')
})
after(() => bench.remove())

test('an image of every recipe made anew, later and elsewhere, has the same manifest digest', () => {
  const { exitCode, output } = bench.script('build', ['--no-cache', ...names], {
    TZ: 'Asia/Kolkata',
    LC_ALL: 'C',
  })
  assert.equal(exitCode, 0, output)
  const again = made(readWorkspace(join(bench.root, 'images')), names)
  assert.deepEqual(madeOtherwise(made(readWorkspace(), names), again), [])
})
