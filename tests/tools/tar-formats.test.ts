import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
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
import { after, test } from 'node:test'
import { applyLayers } from '../../scripts/oci/apply.ts'
import { compare, writeLayer } from '../../scripts/oci/layer.ts'
import { contentOf, listFiles } from '../../scripts/oci/rootfs.ts'

const folder = mkdtempSync(join(tmpdir(), 'tar-formats-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const root = join(folder, 'root')
const size = 4 << 20
const deep = `${'deep/'.repeat(25)}name`

/** A folder that every format can say, but for v7 the long name. */
function makeRoot(): void {
  mkdirSync(join(root, deep, '..'), { recursive: true })
  writeFileSync(join(root, deep), 'deep')
  writeFileSync(join(root, 'café'), 'x')
  writeFileSync(Buffer.from(`${root}/caf\xe9`, 'latin1'), 'latin')
  linkSync(join(root, 'café'), join(root, 'other'))
  symlinkSync('café', join(root, 'link'))
  writeFileSync(join(root, 'sparse'), '')
  for (let at = 0; at < size; at += 128 << 10) {
    truncateSync(join(root, 'sparse'), at + (124 << 10))
    writeFileSync(join(root, 'sparse'), 'd'.repeat(4096), { flag: 'a' })
  }
  truncateSync(join(root, 'sparse'), size)
  utimesSync(join(root, 'café'), 1_000_000_000.5, 1_000_000_000.5)
}
makeRoot()

const gnu = (...options: string[]) => ['tar', ...options, '--numeric-owner', '-C', root, '-cf']
const bsd = (format: string) => ['bsdtar', `--format=${format}`, '--numeric-owner', '-C', root, '-cf']
const commands: Readonly<Record<string, readonly string[]>> = {
  'GNU tar, v7': gnu('--format=v7', '--exclude=./deep'),
  'GNU tar, oldgnu': gnu('--format=oldgnu'),
  'GNU tar, gnu': gnu('--format=gnu'),
  'GNU tar, ustar': gnu('--format=ustar'),
  'GNU tar, posix': gnu('--format=posix'),
  'GNU tar, sparse files in the old form': gnu('--format=gnu', '--sparse'),
  'GNU tar, sparse files 0.0': gnu('--format=posix', '--sparse', '--sparse-version=0.0'),
  'GNU tar, sparse files 0.1': gnu('--format=posix', '--sparse', '--sparse-version=0.1'),
  'GNU tar, sparse files 1.0': gnu('--format=posix', '--sparse', '--sparse-version=1.0'),
  'bsdtar, pax': bsd('pax'),
  'bsdtar, restricted pax': bsd('paxr'),
  'bsdtar, ustar': bsd('ustar'),
  'bsdtar, gnutar': bsd('gnutar'),
}

const expected = new Map([
  [`/${deep}`, 'deep'],
  ['/café', 'x'],
  ['/caf\udce9', 'latin'],
  ['/sparse', execFileSync('cat', [join(root, 'sparse')], { maxBuffer: 1 << 24 }).toString('latin1')],
])

for (const [what, [program, ...options]] of Object.entries(commands)) {
  test(`an archive of ${what} holds the folder, and so does the layer made of it`, () => {
    const tar = join(folder, 'made.tar')
    execFileSync(program!, [...options, tar, '.'])
    const rootfs = applyLayers([tar])
    const { files, changes } = compare([], rootfs)
    for (const [path, content] of expected) {
      if (what.endsWith('v7') && path === `/${deep}`) continue
      assert.equal(contentOf(rootfs.get(path)!).toString('latin1'), content, path)
      const sha256 = createHash('sha256').update(content, 'latin1').digest('hex')
      assert.equal(files.find(entry => entry.path === path)!.sha256, sha256, path)
    }
    assert.ok(rootfs.get('/other') === rootfs.get('/café'))
    assert.equal(rootfs.get('/café')!.header.mtime, 1_000_000_000)
    assert.deepEqual(files.find(({ path }) => path === '/link')!.link, 'café')

    const layer = join(folder, 'layer.tar')
    writeLayer(layer, changes, rootfs, 1_700_000_000)
    assert.deepEqual(listFiles(applyLayers([layer])), files)
    const out = mkdtempSync(join(folder, 'out-'))
    execFileSync('tar', ['-C', out, '-xf', layer])
    const left = what.endsWith('v7') ? ['--exclude=deep'] : []
    execFileSync('diff', ['--recursive', '--no-dereference', ...left, root, out])
  })
}
