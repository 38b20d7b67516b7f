import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeName, encodeName } from './names.ts'

test('valid UTF-8 is itself, and what is not comes back byte by byte', () => {
  assert.equal(decodeName(Buffer.from('usr/café/文/😀')), 'usr/café/文/😀')
  assert.equal(decodeName(Buffer.from('\ufeffx')), '\ufeffx')
  assert.equal(decodeName(Buffer.from('caf\xe9', 'latin1')), 'caf\udce9')
  // A surrogate, an overlong slash, one beyond Unicode, a character cut short, and a byte that starts none.
  for (const hex of ['edb2a9', 'eda080edb080', 'c0af', 'f4908080', 'f09f98', 'e4', 'ff80c3a9fe', '61ed']) {
    const bytes = Buffer.from(hex, 'hex')
    assert.equal(encodeName(decodeName(bytes)).toString('hex'), hex)
    assert.equal(JSON.parse(JSON.stringify(decodeName(bytes))), decodeName(bytes))
  }
})

test('no two names of one, two or three awkward bytes become one string', () => {
  const awkward = [0x2f, 0x61, 0x80, 0x90, 0xa9, 0xb2, 0xbf, 0xc3, 0xe2, 0xed, 0xef, 0xf0, 0xff]
  const names = awkward.flatMap(a => awkward.flatMap(b => [[a], [a, b], ...awkward.map(c => [a, b, c])]))
  const unique = new Set(names.map(name => Buffer.from(name).toString('hex')))
  const decoded = new Set(names.map(name => decodeName(Buffer.from(name))))
  assert.equal(decoded.size, unique.size)
})

test('a lone surrogate that stands for no byte is no name', () => {
  for (const name of ['\ud800', '\udc7f', '\udd00'])
    assert.throws(() => encodeName(name), /stands for no byte/)
})
