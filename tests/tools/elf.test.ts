import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { describe, test } from 'node:test'
import { parseElf } from '../../scripts/image/elf.ts'
import { UserError } from '../../scripts/lib/errors.ts'

const libc = ['/lib/x86_64-linux-gnu/libc.so.6', '/lib/aarch64-linux-gnu/libc.so.6', '/lib64/libc.so.6'].find(
  path => existsSync(path),
)!
const binaries = ['/bin/ls', process.execPath, libc].map(path => realpathSync(path))
const read = (path: string) => readFileSync(path)

describe('real binaries say what readelf says', () => {
  for (const path of binaries) {
    test(path, () => {
      const dynamic = execFileSync('readelf', ['-dl', path], { encoding: 'utf8', maxBuffer: 1 << 26 })
      const all = (pattern: RegExp) => [...dynamic.matchAll(pattern)].map(match => match[1])
      const elf = parseElf(read(path))!
      assert.deepEqual(elf.needed, all(/\(NEEDED\).*\[(.*)\]/g))
      assert.deepEqual([elf.soname], [all(/\(SONAME\).*\[(.*)\]/g)[0]])
      assert.deepEqual([elf.interpreter], [all(/interpreter: (.*)\]/g)[0]])
      assert.equal(elf.bits, 64)
      assert.equal(elf.isStatic, false)
    })
  }
})

describe('other classes and byte orders', () => {
  test('32 bits, big endian, with a RUNPATH', () => {
    const elf = parseElf(tiny32be())!
    assert.deepEqual(
      { bits: elf.bits, machine: elf.machine, needed: elf.needed, runpath: elf.runpath },
      { bits: 32, machine: 8, needed: ['libx.so'], runpath: ['$ORIGIN/a', '/b'] },
    )
  })
})

describe('what is no ELF file', () => {
  for (const bytes of ['', 'ELF', '#!/bin/sh\n', '\x7fEL']) {
    test(JSON.stringify(bytes), () => assert.equal(parseElf(Buffer.from(bytes, 'latin1')), undefined))
  }
})

describe('hostile bytes give an ELF or a UserError', () => {
  const small = read(realpathSync('/bin/ls'))
  test('cut off anywhere', () => {
    for (let length = 4; length < 4096; length++) survives(small.subarray(0, length))
    for (let length = 4096; length < small.length; length += 511) survives(small.subarray(0, length))
  })
  test('each byte of the headers set to each extreme', () => {
    for (let at = 4; at < 64 + 56 * 13; at++) {
      for (const value of [0, 1, 0x7f, 0x80, 0xff]) survives(changed(small, at, value))
    }
  })
  test('20000 random changes', () => {
    for (let round = 0; round < 20_000; round++) {
      const at = (round * 7919) % (round % 2 ? 1024 : small.length)
      survives(changed(small, at, (round * 31) & 0xff))
    }
  })
  test('a bad class is named', () => {
    assert.throws(() => parseElf(Buffer.from('\x7fELF\x05\x01')), { name: 'UserError', message: /class 5/ })
  })
})

function changed(bytes: Buffer, at: number, value: number): Buffer {
  const copy = Buffer.from(bytes)
  copy[at] = value
  return copy
}

function survives(bytes: Buffer): void {
  try {
    parseElf(bytes)
  } catch (error) {
    if (!(error instanceof UserError)) throw error
  }
}

/** A file with one segment for everything, a dynamic section and its strings. */
function tiny32be(): Buffer {
  const strings = Buffer.from('\0libx.so\0$ORIGIN/a:/b\0')
  const [headers, dynamicAt, dynamicSize] = [52 + 2 * 32, 52 + 2 * 32, 5 * 8]
  const stringsAt = headers + dynamicSize
  const bytes = Buffer.alloc(stringsAt + strings.length)
  bytes.write('\x7fELF\x01\x02\x01', 'latin1')
  for (const [at, value] of [
    [16, 3],
    [18, 8],
    [42, 32],
    [44, 2],
  ] as const)
    bytes.writeUInt16BE(value, at)
  bytes.writeUInt32BE(52, 28)
  const words = (at: number, values: number[]) => {
    for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, at + index * 4)
  }
  words(52, [1, 0, 0x1000, 0x1000, bytes.length, bytes.length])
  words(84, [2, dynamicAt, 0x1000 + dynamicAt, 0, dynamicSize, dynamicSize])
  words(dynamicAt, [1, 1, 29, 9, 5, 0x1000 + stringsAt, 10, strings.length, 0, 0])
  strings.copy(bytes, stringsAt)
  return bytes
}
