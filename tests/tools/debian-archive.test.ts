import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type Archive, type Download, openArchive } from '../../scripts/lib/debian-archive.ts'
import { unpackedDebs } from '../../scripts/setup/unpacked-debs.ts'

const workDir = mkdtempSync(join(tmpdir(), 'archive-'))
after(() => rmSync(workDir, { recursive: true, force: true }))

const open = () => openArchive({ arch: 'native', suites: ['bookworm'], workDir })

/** The last byte of an archive belongs to its data. */
function flip(path: string): void {
  const bytes = readFileSync(path)
  bytes[bytes.length - 1]! ^= 1
  writeFileSync(path, bytes)
}

function padded(path: string): void {
  const { size } = lstatSync(path)
  truncateSync(path, size - 100)
  appendFileSync(path, Buffer.alloc(100, '\n'))
}

/** A small package, and what becomes of its .deb. */
const damages: Record<string, (path: string) => void> = {
  hostname: flip,
  netbase: padded,
  'media-types': path => truncateSync(path, 5000),
  'sensible-utils': path => appendFileSync(path, 'more'),
  'lsb-base': path => {
    renameSync(path, join(workDir, 'true.deb'))
    symlinkSync(join(workDir, 'true.deb'), path)
  },
  ucf: path => {
    rmSync(path)
    execFileSync('mkfifo', [path])
  },
  'init-system-helpers': path => {
    rmSync(path)
    mkdirSync(join(path, 'a'), { recursive: true })
  },
  'dh-python': path => rmSync(path),
}
const names = [...Object.keys(damages), 'bsdextrautils']

describe('a .deb that lies in the work directory', () => {
  let archive: Archive
  let first: Map<string, Download>
  let content: Map<string, Buffer>
  before(async () => {
    archive = await open()
    first = await archive.fetch(names, () => {})
    content = new Map([...first].map(([name, { path }]) => [name, readFileSync(path)]))
  })

  const assertIntact = (debs: Map<string, Download>) => {
    assert.deepEqual(debs, first)
    for (const [name, { path }] of debs) {
      assert.ok(lstatSync(path).isFile(), name)
      assert.deepEqual(readFileSync(path), content.get(name), name)
    }
  }

  test('is used only if every byte is as the archive lists it, whatever stands in its place', async () => {
    for (const [name, damage] of Object.entries(damages)) damage(first.get(name)!.path)
    const kept = lstatSync(first.get('bsdextrautils')!.path).ino
    const counts: number[] = []
    assertIntact(await archive.fetch(names, count => counts.push(count)))
    assert.equal(counts[0], 1)
    assert.equal(lstatSync(first.get('bsdextrautils')!.path).ino, kept)
  })

  test('is not believed for what an unsigned list of an earlier run says', async () => {
    const { path, digest } = first.get('hostname')!
    flip(path)
    const forged = execFileSync('sha256sum', [path], { encoding: 'utf8' }).slice(0, 64)
    const lists = join(workDir, 'apt/lists')
    const list = join(lists, readdirSync(lists).find(name => name.includes('Packages'))!)
    const text = execFileSync('/usr/lib/apt/apt-helper', ['cat-file', list], { maxBuffer: 1 << 28 })
    rmSync(list)
    const plain = list.replace(/\.\w+$/, '')
    writeFileSync(plain, text.toString('latin1').replace(digest, forged), 'latin1')
    assertIntact(await (await open()).fetch(names, () => {}))
  })

  test('is asked for by a name that the archive has, or one line says so', async () => {
    await assert.rejects(
      archive.fetch(['hostname', 'no-such-package'], () => {}),
      /^UserError: The Debian archive does not have every package that is needed: [^\n]*no-such-package[^\n]*$/,
    )
  })
})

test('programs that are unpacked beside the system are unpacked anew when one is not what it was', async () => {
  const wanted = { suite: 'bookworm', packages: ['hostname'], what: 'hostname' }
  const folder = await unpackedDebs(workDir, wanted)
  const program = join(folder, 'bin/hostname')
  const content = readFileSync(program)
  let changes = 0
  const onChange = async () => {
    changes += 1
  }
  await unpackedDebs(workDir, wanted, onChange)
  assert.equal(changes, 0)
  flip(program)
  writeFileSync(join(folder, 'bin/runc'), 'not ours')
  await unpackedDebs(workDir, wanted, onChange)
  assert.equal(changes, 1)
  assert.deepEqual(readFileSync(program), content)
  assert.deepEqual(readdirSync(join(folder, 'bin')).includes('runc'), false)
})
