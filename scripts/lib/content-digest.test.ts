import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, beforeEach, describe, test } from 'node:test'
import { fileDigest, keepFolder, treeDigest } from './content-digest.ts'

const home = mkdtempSync(join(tmpdir(), 'content-'))
after(() => rmSync(home, { recursive: true, force: true }))
const folder = join(home, 'folder')
const at = (name: string) => join(folder, name)

let made = 0
async function fill(aside: string): Promise<void> {
  made += 1
  mkdirSync(join(aside, 'a'))
  writeFileSync(join(aside, 'a/file'), 'content')
  writeFileSync(join(aside, 'other'), 'content')
  symlinkSync('a/file', join(aside, 'link'))
}

/** Each leaves size and time of what it changes, where it can. */
const damages: Record<string, () => void> = {
  'a flipped bit': () => {
    const { atime, mtime } = statSync(at('a/file'))
    writeFileSync(at('a/file'), 'conuent')
    utimesSync(at('a/file'), atime, mtime)
  },
  'a file more': () => writeFileSync(at('a/new'), ''),
  'a file less': () => rmSync(at('other')),
  'a mode': () => chmodSync(at('a/file'), 0o755),
  'a name': () => renameSync(at('other'), at('another')),
  'a name that is no text': () =>
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xe9])]), ''),
  'bytes that move to the next file': () => {
    writeFileSync(at('a/file'), 'contentcontent')
    writeFileSync(at('other'), '')
  },
  'where a link leads': () => {
    rmSync(at('link'))
    symlinkSync('a/fils', at('link'))
  },
  'a link for a file': () => {
    rmSync(at('other'))
    symlinkSync('a/file', at('other'))
  },
  'a pipe for a file': () => {
    rmSync(at('other'))
    execFileSync('mkfifo', [at('other')])
  },
}

describe('a folder that is kept', () => {
  beforeEach(async () => {
    rmSync(home, { recursive: true, force: true })
    mkdirSync(home)
    await keepFolder(folder, 'recipe', fill)
    made = 0
  })

  test('is not made again while it is as it was made, whatever its times say', async () => {
    utimesSync(at('a/file'), 1, 1)
    lutimesSync(at('link'), 1, 1)
    const digest = await keepFolder(folder, 'recipe', fill)
    assert.equal(made, 0)
    assert.equal(digest, treeDigest(folder))
  })

  for (const [what, damage] of Object.entries(damages)) {
    test(`is made again after ${what} changed`, async () => {
      const digest = treeDigest(folder)
      damage()
      assert.notEqual(treeDigest(folder), digest)
      assert.equal(await keepFolder(folder, 'recipe', fill), digest)
      assert.equal(made, 1)
      assert.equal(treeDigest(folder), digest)
    })
  }

  test('is made again of something else, and when it is gone', async () => {
    await keepFolder(folder, 'another recipe', fill)
    rmSync(folder, { recursive: true })
    await keepFolder(folder, 'another recipe', fill)
    assert.equal(made, 2)
  })

  test('is not trusted half made, and is free of what was left aside', async () => {
    const failing = async (aside: string) => {
      writeFileSync(join(aside, 'half'), '')
      throw new Error('no space')
    }
    await assert.rejects(keepFolder(folder, 'another recipe', failing), /no space/)
    await keepFolder(folder, 'another recipe', fill)
    assert.deepEqual(readdirSync(folder).sort(), ['a', 'link', 'other'])
    assert.deepEqual(readdirSync(home).sort(), ['folder', 'folder.made-from'])
  })

  test('is made again when its stamp is damaged', async () => {
    const stamp = `${folder}.made-from`
    writeFileSync(stamp, readFileSync(stamp, 'utf8').slice(0, -9))
    await keepFolder(folder, 'recipe', fill)
    rmSync(stamp)
    mkdirSync(stamp)
    await keepFolder(folder, 'recipe', fill)
    assert.equal(made, 2)
  })
})

test('only a regular file has a digest', () => {
  const path = (name: string) => join(home, name)
  writeFileSync(path('file'), 'abc')
  symlinkSync('file', path('link'))
  execFileSync('mkfifo', [path('pipe')])
  assert.equal(fileDigest(path('file')), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  for (const other of ['link', 'pipe', 'nowhere', '.']) assert.equal(fileDigest(path(other)), undefined)
})
