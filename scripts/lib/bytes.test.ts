import assert from 'node:assert/strict'
import { test } from 'node:test'
import { showBytes } from './bytes.ts'

test('sizes are short, and have a sign below zero', () => {
  assert.deepEqual([0, 999, 1000, 15_000, 3 << 20, 5e9, -2048].map(showBytes), [
    '0 B',
    '999 B',
    '1.0 KiB',
    '15 KiB',
    '3.0 MiB',
    '4.7 GiB',
    '−2.0 KiB',
  ])
})
