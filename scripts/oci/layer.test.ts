import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { compare, delta, writeLayer } from './layer.ts'
import { applyLayers, listFiles } from './rootfs.ts'
import { readTar } from './tar.ts'

const epoch = 1_700_000_000
const longName = `${'long/'.repeat(30)}name`

/** A folder with one of everything that images hold, as GNU tar archives it. */
function sampleTar(seconds: number): string {
  const root = mkdtempSync(join(tmpdir(), 'layer-'))
  mkdirSync(join(root, 'usr/bin'), { recursive: true })
  mkdirSync(join(root, 'usr/bin-x'))
  mkdirSync(join(root, longName, '..'), { recursive: true })
  writeFileSync(join(root, longName), 'deep')
  writeFileSync(join(root, 'usr/bin/mount'), 'x'.repeat(3000))
  chmodSync(join(root, 'usr/bin/mount'), 0o4755)
  linkSync(join(root, 'usr/bin/mount'), join(root, 'usr/bin/alias'))
  symlinkSync('../usr/bin', join(root, 'usr/link'))
  utimesSync(join(root, 'usr/bin/mount'), seconds, seconds)
  const tar = `${root}.tar`
  execFileSync('tar', ['-C', root, '--numeric-owner', '--owner=7', '--group=8', '-cf', tar, '.'])
  return tar
}

test('a layer made from equal content at other times is the same bytes', () => {
  const ids = [sampleTar(epoch + 5), sampleTar(epoch + 9_000_000)].map(tar => {
    const rootfs = applyLayers([tar])
    return writeLayer(`${tar}.layer`, compare([], rootfs).changes, rootfs, epoch)
  })
  assert.equal(ids[0], ids[1])
})

test('modes, owners, links, hardlinks and long names survive, and GNU tar agrees', () => {
  const tar = sampleTar(epoch)
  const rootfs = applyLayers([tar])
  const { files, changes } = compare([], rootfs)
  writeLayer(`${tar}.layer`, changes, rootfs, epoch)
  assert.deepEqual(listFiles(applyLayers([`${tar}.layer`])), files)
  const listing = execFileSync('tar', ['--numeric-owner', '-tvf', `${tar}.layer`], { encoding: 'utf8' })
  assert.match(listing, /-rwsr-xr-x 7\/8 +3000 .* usr\/bin\/alias\n/)
  assert.match(listing, /hrwsr-xr-x 7\/8 .* usr\/bin\/mount link to usr\/bin\/alias/)
  assert.match(listing, new RegExp(longName))
  assert.match(listing, /usr\/link -> \.\.\/usr\/bin/)
})

test('a file is not in the child layer unless it differs, a directory leads to one that does', () => {
  const parent = listFiles(applyLayers([sampleTar(epoch)]))
  assert.deepEqual(delta(parent, parent), { added: [], removed: [] })
  const changed = parent.map(entry => (entry.path === '/usr/bin/alias' ? { ...entry, mode: 0o755 } : entry))
  assert.deepEqual(
    delta(parent, changed).added.map(entry => entry.path),
    ['/usr', '/usr/bin', '/usr/bin/alias', '/usr/bin/mount'],
  )
})

test('what a child removes is gone when its layers are applied', () => {
  const tar = sampleTar(epoch)
  const all = applyLayers([tar])
  const kept = new Map([...all].filter(([path]) => !path.startsWith('/usr/bin/') && path !== '/usr/bin'))
  const { changes } = compare(listFiles(all), kept)
  assert.deepEqual(changes.removed, ['/usr/bin'])
  writeLayer(`${tar}.child`, changes, kept, epoch)
  const applied = [...applyLayers([tar, `${tar}.child`]).keys()].sort()
  assert.deepEqual(applied, [...kept.keys()].sort())
  // An overlay makes the whiteout's directory as the layer says, whatever the parent says.
  assert.deepEqual(
    changes.added.map(({ path, type }) => [path, type]),
    [['/usr', 'dir']],
  )
})

/** Unpacks layers one by one with GNU tar, as storage does that knows nothing of what lies below. */
function assertUnpacks(layers: readonly string[]): void {
  for (const layer of layers) {
    const root = mkdtempSync(join(tmpdir(), 'unpacked-'))
    execFileSync('tar', ['-C', root, '-xf', layer], { stdio: 'pipe' })
  }
}

/** The sample, changed by `change` in a copy of its folder: parent, child and the child's layer. */
function childOf(change: (root: string) => void) {
  const parentTar = sampleTar(epoch)
  const root = mkdtempSync(join(tmpdir(), 'child-'))
  execFileSync('tar', ['-C', root, '-xf', parentTar])
  change(root)
  const childTar = `${root}.tar`
  execFileSync('tar', ['-C', root, '--numeric-owner', '--owner=7', '--group=8', '-cf', childTar, '.'])
  const child = applyLayers([childTar])
  const { files, changes } = compare(listFiles(applyLayers([parentTar])), child)
  writeLayer(`${childTar}.layer`, changes, child, epoch)
  assertUnpacks([parentTar, `${childTar}.layer`])
  assert.deepEqual(listFiles(applyLayers([parentTar, `${childTar}.layer`])), files)
  return changes
}

test('when a file with two names changes, or gets a third, the layer holds all of them', () => {
  const changed = childOf(root => writeFileSync(join(root, 'usr/bin/mount'), 'new'))
  assert.deepEqual(
    changed.added.map(({ path }) => path),
    ['/usr', '/usr/bin', '/usr/bin/alias', '/usr/bin/mount'],
  )
  const linked = childOf(root => linkSync(join(root, 'usr/bin/mount'), join(root, 'usr/third')))
  assert.deepEqual(
    linked.added.map(({ path }) => path),
    ['/usr', '/usr/bin', '/usr/bin/alias', '/usr/bin/mount', '/usr/third'],
  )
})

test('where a directory becomes a link or a file, what was in it needs no word', () => {
  for (const replace of [
    (path: string) => symlinkSync('bin-x', path),
    (path: string) => writeFileSync(path, 'a file'),
  ]) {
    const { removed, added } = childOf(root => {
      rmSync(join(root, 'usr/bin'), { recursive: true })
      replace(join(root, 'usr/bin'))
    })
    assert.deepEqual(removed, [])
    assert.deepEqual(
      added.map(({ path }) => path),
      ['/usr', '/usr/bin'],
    )
  }
})

test('an archive that is cut short or overwritten is an error, not an empty image', () => {
  const tar = sampleTar(epoch)
  const bytes = execFileSync('cat', [tar], { maxBuffer: 1 << 24 })
  bytes[10] = bytes[10]! ^ 0xff
  writeFileSync(tar, bytes)
  assert.throws(() => [...readTar(tar)], /no tar header at byte 0/)
  writeFileSync(tar, bytes.subarray(512 * 3, 512 * 3 + 100))
  assert.throws(() => applyLayers([tar]))
})
