import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judge } from './judge.ts'

const verdict = (exitCode: number | undefined, output: string, seen = 'right') =>
  judge({ exitCode, stdout: '', output }, () => seen, 'right').verdict

test('the right result is clean, another one is wrong', () => {
  assert.equal(verdict(0, 'done'), 'clean')
  assert.equal(verdict(0, 'done', 'other'), 'wrong')
})

test('one line that says why is a clear error, whoever started the command', () => {
  assert.equal(verdict(1, 'working\nerror: no'), 'clear error')
  assert.equal(verdict(1, 'a:build: error: no\n ERROR  run failed'), 'clear error')
  assert.equal(verdict(1, 'error: step failed:\n  error: what the step said'), 'clear error')
})

test('no word, two of them, a stack and what never ends are no clear error', () => {
  assert.equal(verdict(1, 'sorry'), 'stack')
  assert.equal(verdict(1, 'error: a\nerror: b'), 'stack')
  assert.equal(verdict(1, 'error: a\n    at read (file:///x.ts:1:2)'), 'stack')
  assert.equal(verdict(0, 'x\n    at async /x.ts:1:2'), 'stack')
  assert.equal(verdict(undefined, 'working'), 'stack')
})
