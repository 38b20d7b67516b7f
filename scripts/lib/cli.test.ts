import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readArguments } from './cli.ts'

const options = { 'dry-run': { type: 'boolean', help: '' }, user: { type: 'string', help: '' } } as const

test('words, flags and values are told apart, and -- ends the options', () => {
  const { words, flags, values } = readArguments(['a', '--dry-run', '--user=7', '--', '--b'], options)
  assert.deepEqual([words, flags, values], [['a', '--b'], { 'dry-run': true }, { user: '7' }])
})

test('an unknown option is named with the nearest one', () => {
  assert.throws(() => readArguments(['--dryrun'], options), /--dryrun is no option: did you mean --dry-run\?/)
})

test('a value that is missing is an error', () => {
  assert.throws(() => readArguments(['--user'], options), /--user/)
})

test('-h is --help', () => {
  assert.deepEqual(readArguments(['-h', 'x'], options), { words: ['x'], flags: { help: true }, values: {} })
})
