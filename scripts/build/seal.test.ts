import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { temporaryFolder } from '../lib/temporary-folder.ts'
import { builtOf } from './dist.ts'
import { noteTask, readSeal, writeSeal } from './seal.ts'

const madeOf = { distro: 'lab', release: '1', engine: 'buildah' }

const label = { image: 'one', platform: 'linux/amd64', madeOf, inputs: 'i' } as const

function sealed(): string {
  const output = join(temporaryFolder(), 'images', 'one', 'dist', 'linux_amd64')
  mkdirSync(join(output, 'oci', 'blobs'), { recursive: true })
  writeFileSync(join(output, 'oci', 'blobs', 'a'), 'layer')
  writeFileSync(join(output, 'files.jsonl'), '{}\n')
  writeSeal(output, label)
  return output
}

/** Flips one bit, and gives the file the time that it had. */
function flip(file: string, bit: number): void {
  const bytes = readFileSync(file)
  const { atime, mtime } = statSync(file)
  bytes[bit >> 3]! ^= 1 << (bit & 7)
  writeFileSync(file, bytes)
  utimesSync(file, atime, mtime)
}

test('a sealed output says what it was made of, again and again', () => {
  const output = sealed()
  for (let time = 0; time < 3; time++) assert.deepEqual(readSeal(output).madeOf, madeOf)
})

test('it keeps the tasks that found it good, each once', () => {
  const output = sealed()
  for (const task of ['a', 'b', 'a']) noteTask(output, task)
  const { tasks, ...rest } = readSeal(output)
  assert.deepEqual(tasks, ['a', 'b'])
  assert.deepEqual({ ...label, files: rest.files }, { ...rest })
})

test('each flipped bit is found, though the file keeps its size and time, and a good file is good again', () => {
  for (const name of ['oci/blobs/a', 'files.jsonl', 'seal.json']) {
    const output = sealed()
    readSeal(output)
    const file = join(output, name)
    const before = readFileSync(file)
    for (let bit = 0; bit < before.length * 8; bit++) {
      flip(file, bit)
      const same = JSON.stringify(tryJson(readFileSync(file))) === JSON.stringify(tryJson(before))
      if (name !== 'seal.json' || !same)
        assert.throws(
          () => readSeal(output),
          { name: 'UserError', message: /dist\/linux_amd64 is damaged: .*--force --only --filter=one/ },
          `${name} ${bit}`,
        )
      writeFileSync(file, before)
      readSeal(output)
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
  const output = sealed()
  writeFileSync(join(output, 'oci', 'blobs', 'old'), 'layer of another build')
  assert.deepEqual(readSeal(output).madeOf, madeOf)
  assert.deepEqual(readSeal(output).madeOf, madeOf)
})

test('a file too many or too few is found', () => {
  const output = sealed()
  writeFileSync(join(output, 'stranger'), '')
  assert.throws(() => readSeal(output), /stranger is no part of what was built/)
  rmSync(join(output, 'stranger'))
  rmSync(join(output, 'files.jsonl'))
  assert.throws(() => readSeal(output), /files.jsonl is missing/)
})

test('what was made of another distro, release or engine, or is another image, is not taken for what is chosen', () => {
  const output = sealed()
  const image = { dir: join(output, '../..'), name: 'one' } as Parameters<typeof builtOf>[0]
  const open = (wanted: Parameters<typeof builtOf>[2], of = image) => builtOf(of, 'linux/amd64', wanted)
  assert.equal(open(madeOf), output)
  assert.equal(open('any'), output)
  for (const other of [{ distro: 'al2023' }, { release: '2' }, { engine: 'buildkit' }]) {
    assert.throws(() => open({ ...madeOf, ...other }), {
      name: 'UserError',
      message: /was made of lab 1 by buildah, and .* is chosen: build it anew/,
    })
  }
  assert.throws(() => open(madeOf, { ...image, name: 'two' }), /holds the image one for linux\/amd64/)
  renameSync(output, join(output, '../linux_arm64'))
  assert.throws(() => builtOf(image, 'linux/arm64', madeOf), /holds the image one for linux\/amd64/)
})

test('an image that is not built is told from one that is damaged', () => {
  const output = sealed()
  rmSync(output, { recursive: true })
  assert.throws(() => readSeal(output), /build the image first, 'npx turbo run build --filter=one'/)
})
