import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { layoutsOf } from '../../scripts/build/dist.ts'
import { inRepo } from '../../scripts/lib/paths.ts'
import { chosenEngine } from '../../scripts/lib/settings.ts'
import { readImage } from '../../scripts/oci/layout.ts'
import { tellingImages } from '../../scripts/testing/telling.ts'
import { findImage, type Image, readWorkspace } from '../../scripts/workspace/workspace.ts'
import { buildOrder, Workbench } from '../workbench.ts'

const platform = 'linux/amd64'
const telling = tellingImages(readWorkspace())
const names = buildOrder(readWorkspace(), telling)

let bench: Workbench
before(() => {
  bench = new Workbench('a-checkout-of-another-name')
})
after(() => bench.remove())

const digests = (images: ReadonlyMap<string, Image>) =>
  Object.fromEntries(
    names.map(name => [name, readImage(layoutsOf(images, findImage(images, name)), platform).digest]),
  )
const filesOf = (root: string, name: string) =>
  readFileSync(join(root, 'images', name, 'dist/linux_amd64/files.jsonl'), 'utf8')

test('an image of every recipe made anew, later and elsewhere, has the same manifest digest', () => {
  const { exitCode, output } = bench.script('build', ['--no-cache', ...names], {
    TZ: 'Asia/Kolkata',
    LC_ALL: 'C',
  })
  assert.equal(exitCode, 0, output)
  assert.deepEqual(digests(readWorkspace(join(bench.root, 'images'))), digests(readWorkspace()))
})

test('the other engine makes the same files, and the same digests', () => {
  const engine = chosenEngine() === 'buildkit' ? 'buildah' : 'buildkit'
  const { exitCode, output } = bench.run(
    ['npx', 'turbo', 'run', 'build', ...telling.map(name => `--filter=${name}`)],
    { ENGINE: engine },
  )
  assert.equal(exitCode, 0, output)
  for (const name of names) assert.equal(filesOf(bench.root, name), filesOf(inRepo(), name), name)
  assert.deepEqual(digests(readWorkspace(join(bench.root, 'images'))), digests(readWorkspace()))
})
