import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { temporaryFolder } from '../lib/temporary-folder.ts'
import { distOf } from './dist.ts'
import { readSeal, writeSeal } from './seal.ts'

const madeOf = { distro: 'lab', release: '1', engine: 'buildah' }

function sealed(): string {
  const dist = join(temporaryFolder(), 'images', 'one', 'dist')
  mkdirSync(join(dist, 'oci', 'blobs'), { recursive: true })
  writeFileSync(join(dist, 'oci', 'blobs', 'a'), 'layer')
  writeFileSync(join(dist, 'files.jsonl'), '{}\n')
  writeSeal(dist, 'one', madeOf)
  return dist
}

/** Flips one bit, and gives the file the time that it had. */
function flip(file: string, bit: number): void {
  const bytes = readFileSync(file)
  const { atime, mtime } = statSync(file)
  bytes[bit >> 3]! ^= 1 << (bit & 7)
  writeFileSync(file, bytes)
  utimesSync(file, atime, mtime)
}

test('a sealed dist/ says what it was made of, again and again', () => {
  const dist = sealed()
  for (let time = 0; time < 3; time++) assert.deepEqual(readSeal(dist).madeOf, madeOf)
})

test('each flipped bit is found, though the file keeps its size and time, and a good file is good again', () => {
  for (const name of ['oci/blobs/a', 'files.jsonl', 'seal.json']) {
    const dist = sealed()
    readSeal(dist)
    const file = join(dist, name)
    const before = readFileSync(file)
    for (let bit = 0; bit < before.length * 8; bit++) {
      flip(file, bit)
      const same = JSON.stringify(tryJson(readFileSync(file))) === JSON.stringify(tryJson(before))
      if (name !== 'seal.json' || !same)
        assert.throws(
          () => readSeal(dist),
          { name: 'UserError', message: /dist is damaged: .*--force --only --filter=one/ },
          `${name} ${bit}`,
        )
      writeFileSync(file, before)
      readSeal(dist)
    }
  }
})

function tryJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString())
  } catch {
    return undefined
  }
}

test('blobs that turbo left of an earlier build count for nothing', () => {
  const dist = sealed()
  writeFileSync(join(dist, 'oci', 'blobs', 'old'), 'layer of another build')
  assert.deepEqual(readSeal(dist).madeOf, madeOf)
  assert.deepEqual(readSeal(dist).madeOf, madeOf)
})

test('a file too many or too few is found', () => {
  const dist = sealed()
  writeFileSync(join(dist, 'stranger'), '')
  assert.throws(() => readSeal(dist), /stranger is no part of what was built/)
  rmSync(join(dist, 'stranger'))
  rmSync(join(dist, 'files.jsonl'))
  assert.throws(() => readSeal(dist), /files.jsonl is missing/)
})

test('what was made of another distro, release or engine, or is another image, is not taken for what is chosen', () => {
  const dist = sealed()
  const image = { dir: join(dist, '..'), name: 'one' } as Parameters<typeof distOf>[0]
  assert.equal(distOf(image, madeOf), dist)
  assert.equal(distOf(image, 'any'), dist)
  for (const other of [{ distro: 'al2023' }, { release: '2' }, { engine: 'buildkit' }]) {
    assert.throws(() => distOf(image, { ...madeOf, ...other }), {
      name: 'UserError',
      message: /was made of lab 1 by buildah, and .* is chosen: build it anew/,
    })
  }
  assert.throws(() => distOf({ ...image, name: 'two' }, madeOf), /holds the image one/)
})

test('an image that is not built is told from one that is damaged', () => {
  const dist = sealed()
  rmSync(dist, { recursive: true })
  assert.throws(() => readSeal(dist), /build the image first, 'npx turbo run build --filter=one'/)
})
