import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { blobPath } from '../scripts/oci/blobs.ts'
import { Workbench } from './workbench.ts'

let bench: Workbench
before(() => {
  bench = new Workbench('damaged')
})
after(() => bench.remove())

const build = () => bench.turboBuild('minimal-base-glibc')
const glibc = () => bench.image('minimal-base-glibc')

/** By this a runner of tests knows that it is inside another one, and runs none. */
const alone = { NODE_TEST_CONTEXT: undefined }

/** Flips a bit in the middle of a file, which keeps its size and, to the nanosecond, its time. */
function flip(file: string): void {
  const before = join(bench.root, 'work', 'before')
  renameSync(file, before)
  const bytes = readFileSync(before)
  bytes[bytes.length >> 1]! ^= 1
  writeFileSync(file, bytes)
  execFileSync('touch', ['--reference', before, file])
  rmSync(before)
}

test('a flipped bit anywhere in a dist/ is found by whatever reads it, of a parent and of a leaf', () => {
  assert.equal(build().exitCode, 0)
  const readers = [
    ['build', ['minimal-base-nonroot']],
    ['run', ['minimal-base', '--', '/bin/true']],
    ['export-packages', ['--check', 'minimal-base']],
    ['size', ['minimal-base']],
    ['why', ['minimal-base', 'tzdata']],
    ['diff', ['minimal-base', 'minimal-base-glibc']],
    ['test', ['minimal-base']],
  ] as const
  const built = join(bench.root, 'images/minimal-base/dist/linux_amd64')
  const blob = blobPath('oci', glibc().manifest.layers[0]!.digest)
  const files = [blob, 'oci/index.json', 'files.jsonl', 'packages.jsonl', 'seal.json']
  for (const file of files) {
    flip(join(built, file))
    for (const [script, args] of readers) {
      const { exitCode, output } = bench.script(script, args, alone)
      assert.equal(exitCode, 1, `${script} with a bad ${file}: ${output}`)
      assert.match(
        output,
        /minimal-base\/dist\/linux_amd64 is damaged: .*; run 'npx turbo run build --force --only --filter=minimal-base'/,
      )
    }
    flip(join(built, file))
  }
  const { exitCode, output } = bench.script('size', ['minimal-base'])
  assert.equal(exitCode, 0, output)
})

test('what turbo restores from a damaged archive is found when it is used, and can be made again', () => {
  const cache = join(bench.root, 'work', 'turbo-cache')
  const env = { TURBO_CACHE_DIR: cache }
  const leaf = ['npx', 'turbo', 'run', 'build', '--filter=minimal-base-nonroot', '--only']
  assert.equal(build().exitCode, 0)
  assert.equal(bench.run(leaf, env).exitCode, 0)
  const dist = join(bench.root, 'images/minimal-base-nonroot/dist')
  const [archive] = readdirSync(cache).filter(file => file.endsWith('.tar.zst'))
  let found = 0
  for (let round = 0; round < 12; round++) {
    const good = readFileSync(join(cache, archive!))
    const bad = Buffer.from(good)
    bad[Math.floor(((round + 0.5) / 12) * bad.length)]! ^= 1 << (round % 8)
    writeFileSync(join(cache, archive!), bad)
    rmSync(dist, { recursive: true, force: true })
    const restored = bench.run(leaf, env)
    const used = bench.script('run', ['minimal-base-nonroot', '--', '/nonexistent'], env)
    const isFound = /dist\/linux_amd64 is damaged|is missing: build the image first/.test(used.output)
    const isGood = restored.exitCode === 0 && !isFound && !/dist/.test(used.output)
    assert.ok(isFound || isGood || restored.exitCode !== 0, used.output)
    if (isFound || restored.exitCode !== 0) found++
    writeFileSync(join(cache, archive!), good)
  }
  assert.ok(found > 0, 'no round damaged anything')
  assert.equal(bench.run([...leaf, '--force'], env).exitCode, 0)
  assert.doesNotMatch(bench.script('size', ['minimal-base-nonroot']).output, /damaged/)
})

test('what was made of another distro is neither built on nor tested', () => {
  assert.equal(build().exitCode, 0)
  const readers = [
    ['build', ['minimal-base-nonroot']],
    ['test', ['minimal-base']],
    ['size', ['minimal-base']],
  ] as const
  for (const [script, args] of readers) {
    const { exitCode, output } = bench.script(script, args, { ...alone, DISTRO: 'al2023' })
    assert.equal(exitCode, 1, output)
    assert.match(output, /was made of lab 1 by buil\w+, and al2023 \S+ by buil\w+ is chosen/)
  }
})
