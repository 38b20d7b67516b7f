import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, linkSync, mkdirSync, mkdtempSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
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

test('a file is not in the child layer unless it differs', () => {
  const parent = listFiles(applyLayers([sampleTar(epoch)]))
  assert.deepEqual(delta(parent, parent), { added: [], removed: [] })
  const changed = parent.map(entry => (entry.path === '/usr/bin/alias' ? { ...entry, mode: 0o755 } : entry))
  assert.deepEqual(
    delta(parent, changed).added.map(entry => entry.path),
    ['/usr/bin/alias'],
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
