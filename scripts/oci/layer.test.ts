import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { writeTar } from '../testing/tar-samples.ts'
import { applyLayers } from './apply.ts'
import { compare, delta, writeLayer } from './layer.ts'
import { listFiles } from './rootfs.ts'
import { readTar } from './tar.ts'
import { tarHeader } from './tar-header.ts'

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

test('times before 1970 are written as 1970, later ones than the release as the release', () => {
  const tar = writeTar(join(mkdtempSync(join(tmpdir(), 'times-')), 'tar'), [
    { name: 'old', pax: { mtime: '-315619200' } },
    { name: 'new', pax: { mtime: '4000000000' } },
    { name: 'then', mtime: 77 },
  ])
  const rootfs = applyLayers([tar])
  writeLayer(`${tar}.layer`, compare([], rootfs).changes, rootfs, epoch)
  const times = [...readTar(`${tar}.layer`)].map(({ name, mtime }) => [name, mtime])
  assert.deepEqual(times, [
    ['new', epoch],
    ['old', 0],
    ['then', 77],
  ])
})

test('awkward names, owners and devices come out as they went in', () => {
  const latin = (text: string) => Buffer.from(text, 'latin1')
  const tar = writeTar(join(mkdtempSync(join(tmpdir(), 'awkward-')), 'tar'), [
    { name: latin('caf\xe8'), content: 'one' },
    { name: latin('caf\xe9'), content: 'two' },
    { name: 'hard', flag: '1', linkname: latin('caf\xe9') },
    { name: 'soft', flag: '2', linkname: latin(`${'t\xff'.repeat(80)}`) },
    { name: 'line\nbreak', pax: { path: `${'p\n/'.repeat(60)}x` } },
    { name: 'owned', pax: { uid: '4294967294', gid: '3000000000' } },
    { name: 'device', flag: '4', device: [4095, 1_048_575] },
    { name: '\ufeffmark' },
  ])
  const rootfs = applyLayers([tar])
  const { files, changes } = compare([], rootfs)
  writeLayer(`${tar}.layer`, changes, rootfs, epoch)
  assert.deepEqual(listFiles(applyLayers([`${tar}.layer`])), files)
  assert.deepEqual(JSON.parse(JSON.stringify(files)), files)
  const listing = execFileSync('tar', ['--numeric-owner', '--quoting-style=escape', '-tvf', `${tar}.layer`], {
    encoding: 'utf8',
  })
  for (const line of [
    'caf\\350\n',
    'caf\\351\n',
    'hard link to caf\\351\n',
    '4294967294/3000000000',
    'p\\n/p\\n',
    '4095,1048575',
  ])
    assert.ok(listing.includes(line), `${line} in ${listing}`)
})

test('a size that twelve octal digits cannot say is a pax record, and read as it was', () => {
  const nobody = { mode: 0o644, uid: 0, gid: 0, mtime: 0, linkname: '', devMajor: 0, devMinor: 0, xattrs: {} }
  const size = 9 * 2 ** 30
  const header = tarHeader({ ...nobody, name: 'big', flag: '0', size })
  const tar = join(mkdtempSync(join(tmpdir(), 'big-')), 'tar')
  writeFileSync(tar, header)
  truncateSync(tar, header.length + size)
  appendFileSync(tar, tarHeader({ ...nobody, name: 'next', flag: '0', size: 0 }))
  assert.deepEqual(
    [...readTar(tar)].map(({ name, size }) => [name, size]),
    [
      ['big', size],
      ['next', 0],
    ],
  )
  const listing = execFileSync('tar', ['-tvf', tar], { encoding: 'utf8' })
  assert.match(listing, / 9663676416 .* big\n.* 0 .* next\n/)
})

test('a link that becomes a directory, and a file that becomes one, need no whiteout', () => {
  for (const change of [
    (path: string) => symlinkSync('bin-x', path),
    (path: string) => writeFileSync(path, 'x'),
  ]) {
    const { added, removed } = childOf(root => {
      rmSync(join(root, 'usr/link'))
      mkdirSync(join(root, 'usr/link'))
      change(join(root, 'usr/link/below'))
    })
    assert.deepEqual(removed, [])
    assert.deepEqual(
      added.map(({ path }) => path),
      ['/usr', '/usr/link', '/usr/link/below'],
    )
  }
})
