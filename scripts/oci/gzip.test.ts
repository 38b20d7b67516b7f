import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { UserError } from '../lib/errors.ts'
import { allowed, compress, uncompressed } from './gzip.ts'

const folder = mkdtempSync(join(tmpdir(), 'gzip-'))

function written(name: string, ...parts: Buffer[]): string {
  const file = join(folder, name)
  writeFileSync(file, Buffer.concat(parts))
  return file
}

/** The one line that `file` is refused with. */
async function refusal(file: string, limit?: number): Promise<string> {
  const error = await uncompressed(file, join(folder, 'out'), 'layer 2 of demo', limit).then(
    () => assert.fail(`${file} was taken`),
    error => error,
  )
  assert.ok(error instanceof UserError, `${error.stack}`)
  assert.match(error.message, /^layer 2 of demo: [^\n]+$/)
  return error.message
}

test('what is compressed comes out whole, of several members and with zeros behind too', async () => {
  const plain = written('plain', Buffer.from('some content'))
  assert.equal(await uncompressed(plain, join(folder, 'unused')), plain)
  assert.ok(!existsSync(join(folder, 'unused')))
  await compress(plain, join(folder, 'gz'))
  const members = written(
    'members',
    readFileSync(join(folder, 'gz')),
    gzipSync(' and more'),
    Buffer.alloc(512),
  )
  assert.equal(readFileSync(await uncompressed(members, join(folder, 'a')), 'utf8'), 'some content and more')
})

test('a layer that is damaged, cut short, or goes on with something else is refused in one line', async () => {
  const gz = gzipSync(Buffer.alloc(5000, 'x'))
  assert.match(await refusal(written('cut', gz.subarray(0, -9))), /gzip is damaged/)
  assert.match(await refusal(written('behind', gz, Buffer.from('garbage'))), /gzip is damaged/)
  gz[20]! ^= 0xff
  assert.match(await refusal(written('flipped', gz)), /gzip is damaged/)
})

test('a program that is not there is named', async () => {
  const file = written('zst', Buffer.from('28b52ffd', 'hex'))
  const path = process.env.PATH
  process.env.PATH = folder
  try {
    assert.match(await refusal(file), /compressed with zstd, a program that/)
  } finally {
    process.env.PATH = path
  }
})

test('a layer that becomes far more than it is stops there', async () => {
  const bomb = gzipSync(Buffer.alloc(64 << 20))
  assert.match(await refusal(written('bomb', bomb), 1 << 20), /more than 1048576 bytes/)
  assert.ok(statSync(join(folder, 'out')).size <= 1 << 20)
  assert.equal(allowed(2_000_000), 2 ** 30)
  assert.equal(allowed(50_000_000), 10_000_000_000)
  assert.equal(allowed(2 ** 31), 16 * 2 ** 30)
})
