import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { applyLayers } from '../../scripts/oci/apply.ts'
import { blobPath, digestOf, linkBlob } from '../../scripts/oci/blobs.ts'
import { mediaTypes, writeIndex, writeJson } from '../../scripts/oci/layout.ts'
import { decodeName, encodeName } from '../../scripts/oci/names.ts'
import { listFiles } from '../../scripts/oci/rootfs.ts'
import { type Sample, writeTar } from '../../scripts/testing/tar-samples.ts'

const folder = mkdtempSync(join(tmpdir(), 'unpack-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const dir = (name: string, more: Partial<Sample> = {}): Sample => ({ name, flag: '5', ...more })
const file = (name: string | Buffer, content = `content of ${name}`, more: Partial<Sample> = {}): Sample => ({
  name,
  content,
  ...more,
})
const link = (name: string, linkname: string): Sample => ({ name, flag: '2', linkname })
const hard = (name: string, linkname: string, more: Partial<Sample> = {}): Sample => ({
  name,
  flag: '1',
  linkname,
  ...more,
})
const db = 'var/lib/rpm/rpmdb.sqlite'
const base = [dir('var'), dir('var/lib'), dir('var/lib/rpm'), file(db, 'the old one')]

/** Layers that are odd but legal, lowest first. */
const images: Readonly<Record<string, readonly (readonly Sample[])[]>> = {
  'a name spelled with ..': [base, [file('var/lib/rpm/../rpm/rpmdb.sqlite', 'the new one')]],
  'a name spelled with //': [base, [file('var//lib//rpm//rpmdb.sqlite', 'the new one')]],
  'names that begin with ./ and /': [base, [file(`./${db}`, 'the new one'), file('/etc//x')]],
  'a link to the folder and an entry through it': [
    base,
    [link('db', 'var/lib/rpm'), file('db/rpmdb.sqlite', 'new')],
  ],
  'an absolute link out of the root': [base, [link('db', '/var/lib/rpm'), file('db/rpmdb.sqlite', 'new')]],
  'a link that climbs above the root': [base, [link('var/up', '../../../../var/lib/rpm'), file('var/up/x')]],
  'a link through a link': [base, [link('a', 'var'), link('b', 'a/lib'), file('b/rpm/rpmdb.sqlite', 'new')]],
  'a link into nowhere': [[link('a', 'not/there'), file('a/x')]],
  'a whiteout through a link': [base, [link('db', 'var/lib/rpm'), file('db/.wh.rpmdb.sqlite', '')]],
  'an opaque whiteout through a link': [
    base,
    [link('l', 'var/lib'), file('l/.wh..wh..opq', ''), file('l/x')],
  ],
  'an opaque whiteout after its folder': [
    [...base, file('var/lib/rpm/old')],
    [dir('var'), dir('var/lib'), dir('var/lib/rpm'), file(db, 'new'), file('var/lib/.wh..wh..opq', '')],
  ],
  'an opaque whiteout of the root': [base, [file('.wh..wh..opq', ''), file('only')]],
  'a whiteout, and the name again in the same layer': [
    base,
    [file('var/.wh.lib', ''), dir('var/lib'), file('var/lib/x')],
  ],
  'directories that no entry names': [[file('a/b/c/d'), link('e/f', 'g')]],
  'a later entry of the same name': [[file('x', 'first', { mode: 0o600 }), file('x', 'second')]],
  'a directory again, with another mode': [[dir('d'), file('d/x')], [dir('d/', { mode: 0o700 })]],
  'a file where a directory was': [[dir('d'), file('d/x')], [file('d', 'now a file')]],
  'a directory where a link was': [
    [dir('d'), link('l', 'd')],
    [dir('l'), file('l/x')],
  ],
  'a link where a directory was': [
    [dir('d'), file('d/x'), dir('e')],
    [link('d', 'e'), file('d/y')],
  ],
  'a hard link whose target lies through a link': [[dir('d'), file('d/x'), link('l', 'd'), hard('y', 'l/x')]],
  'a hard link to a link': [[file('x'), link('l', 'x'), hard('m', 'l')]],
  'a hard link to a file of a lower layer': [[file('x')], [hard('y', './x')]],
  'a hard link with an owner and a mode of its own': [[file('x'), hard('y', 'x', { mode: 0o4755, uid: 5 })]],
  'a replaced name of a file with two': [[file('x'), hard('y', 'x')], [file('x', 'new')]],
  'names that are no UTF-8': [
    [file(Buffer.from('caf\xe9', 'latin1'), 'e'), file(Buffer.from('caf\xe8', 'latin1'), 'a')],
  ],
  'names with newlines and blanks': [[file('a\nb'), file(' c '), file('d\\e'), dir('f\n'), file('f\n/g')]],
  'a long name in pax': [[file('short', 'x', { pax: { path: `${'long/'.repeat(40)}name` } })]],
  'a name in two fields': [[file('name', 'x', { prefix: 'a/b' })]],
  'an old GNU header, which has no prefix': [
    [file('name', 'x', { magic: 'ustar  \0', prefix: '00000000000' })],
  ],
  'a header from before POSIX': [
    [dir('old/', { flag: '\0', magic: '' }), file('old/x', 'x', { flag: '\0', magic: '' })],
  ],
  'a slash behind the name of a file': [[file('x/', 'a file')]],
  'a pax size': [[file('x', 'four', { size: 0, pax: { size: '4' } }), file('y')]],
  'a global pax header': [[{ name: 'g', flag: 'g', content: '11 path=no\n' }, file('x')]],
  'an owner in base-256': [[file('x', 'x', { uid: Buffer.from('8000000000012345', 'hex') })]],
  'setuid, setgid and sticky': [[file('x', 'x', { mode: 0o6755 }), dir('t', { mode: 0o1777 })]],
  'a fifo and devices': [
    [
      { name: 'p', flag: '6' },
      { name: 'n', flag: '3', device: [1, 3] },
      { name: 'b', flag: '4', device: [7, 0] },
    ],
  ],
  'a size in the header of a directory': [[dir('d', { size: 512 }), file('d/x')]],
}

/** umoci leaves a file as it is when another name says otherwise, and knows no global headers. */
const judgedByBuildah = ['a hard link with an owner and a mode of its own', 'a global pax header']

for (const [what, layers] of Object.entries(images)) {
  const judge = judgedByBuildah.includes(what) ? buildah : umoci
  test(`${judge.name} unpacks what is listed: ${what}`, () => {
    const work = mkdtempSync(join(folder, 'image-'))
    const tars = layers.map((samples, index) => writeTar(join(work, `${index}.tar`), samples))
    assert.deepEqual(listed(tars), unpacked(judge(work, layoutOf(work, tars))))
  })
}

function umoci(work: string, layout: string): string {
  execFileSync('umoci', ['unpack', '--image', `${layout}:latest`, join(work, 'bundle')], { stdio: 'pipe' })
  return join(work, 'bundle/rootfs')
}

function buildah(work: string): string {
  const storage = [
    '--root',
    join(folder, 'root'),
    '--runroot',
    join(folder, 'run'),
    '--storage-driver',
    'vfs',
  ]
  // It makes a name of the path, in which no letter may be a capital: the relative one has none.
  const run = (...args: string[]) =>
    execFileSync('buildah', [...storage, ...args], { cwd: work, encoding: 'utf8', stdio: 'pipe' })
  return run('mount', run('from', '--quiet', 'oci:oci:latest').trim()).trim()
}

function layoutOf(work: string, tars: readonly string[]): string {
  const layout = join(work, 'oci')
  const layers = tars.map(tar => {
    const digest = digestOf(tar)
    linkBlob(tar, blobPath(layout, digest))
    return { mediaType: mediaTypes.tar, digest, size: statSync(tar).size }
  })
  const rootfs = { type: 'layers', diff_ids: layers.map(({ digest }) => digest) }
  const config = writeJson(layout, mediaTypes.config, {
    architecture: 'amd64',
    os: 'linux',
    config: {},
    rootfs,
  })
  const manifest = writeJson(layout, mediaTypes.manifest, {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config,
    layers,
  })
  writeIndex(layout, 'linux/amd64', manifest)
  return layout
}

/** Lines of what both sides say: path, type, mode, owner, and the content, the target or the device; names of one file. */
function listed(tars: readonly string[]): string[] {
  const files = listFiles(applyLayers(tars))
  return files.map(entry => {
    const first = files.find(({ path }) => path === entry.link && entry.type === 'hardlink') ?? entry
    const value = { file: first.sha256, symlink: first.link, char: first.device, block: first.device }[
      first.type as 'file'
    ]
    return [
      entry.path,
      first.type,
      first.mode.toString(8),
      first.uid,
      first.gid,
      value ?? '',
      first.path,
    ].join(' | ')
  })
}

function unpacked(root: string): string[] {
  const lines: string[] = []
  const firstOf = new Map<number, string>()
  const paths = namesBelow(Buffer.from(root)).map(name => decodeName(name))
  for (const path of paths.sort()) {
    const real = Buffer.concat([Buffer.from(root), encodeName(path)])
    const status = lstatSync(real)
    const first = firstOf.get(status.ino) ?? path
    firstOf.set(status.ino, first)
    const type = typeOf(status)
    const device = `${(status.rdev >> 8) & 0xfff}:${status.rdev & 0xff}`
    const value =
      type === 'file'
        ? createHash('sha256').update(readFileSync(real)).digest('hex')
        : type === 'symlink'
          ? readlinkSync(real)
          : type === 'char' || type === 'block'
            ? device
            : ''
    lines.push(
      [path, type, (status.mode & 0o7777).toString(8), status.uid, status.gid, value, first].join(' | '),
    )
  }
  return lines
}

/** Paths below a folder, with a slash before. Node's own recursion takes names for text. */
function namesBelow(root: Buffer): Buffer[] {
  return readdirSync(root, { encoding: 'buffer' }).flatMap(name => {
    const path = Buffer.concat([Buffer.from('/'), name])
    const real = Buffer.concat([root, path])
    const below = lstatSync(real).isDirectory() ? namesBelow(real) : []
    return [path, ...below.map(more => Buffer.concat([path, more]))]
  })
}

function typeOf(status: ReturnType<typeof lstatSync>): string {
  const is = status!
  if (is.isDirectory()) return 'dir'
  if (is.isSymbolicLink()) return 'symlink'
  if (is.isCharacterDevice()) return 'char'
  if (is.isBlockDevice()) return 'block'
  return is.isFIFO() ? 'fifo' : 'file'
}
