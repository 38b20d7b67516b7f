import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareVersions } from './versions.ts'

const ordered = [
  ['1.0', '1.0.1'],
  ['2.9', '2.10'],
  ['1.a', '1.1'],
  ['1.0~rc1', '1.0'],
  ['1.0', '1.0^git1'],
  ['1.0^git1', '1.0.1'],
  ['1.0~rc1^git1', '1.0~rc2'],
  ['1.5.2', '1.05.3'],
  ['0.9', '00.10'],
  ['a', 'b'],
  ['9.lab', '10.lab'],
  ['1', '1a'],
] as const

test('older is less than newer, both ways', () => {
  for (const [older, newer] of ordered) {
    assert.ok(compareVersions(older, newer) < 0, `${older} < ${newer}`)
    assert.ok(compareVersions(newer, older) > 0, `${newer} > ${older}`)
  }
})

test('zeros in front and separators change nothing', () => {
  for (const [a, b] of [
    ['1.05', '1.5'],
    ['1_0', '1.0'],
    ['1.0.', '1.0'],
  ] as const)
    assert.equal(compareVersions(a, b), 0, `${a} = ${b}`)
})
