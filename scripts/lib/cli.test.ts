import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { readArguments } from './cli.ts'
import { inRepo, repoRoot } from './paths.ts'

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

test('output that cannot be written is one line, however much there is of it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cli-'))
  const program = join(folder, 'program.mts')
  const writes =
    "for (let at = 0; at < 3; at++) { print('x'); await new Promise(done => setTimeout(done, 20)) }"
  writeFileSync(
    program,
    `import { main, print } from '${inRepo('scripts/lib/cli.ts')}'\nawait main('x', {}, async () => { ${writes} })\n`,
  )
  const { status, stderr } = spawnSync(
    'sh',
    ['-c', '"$0" --import tsx "$1" > /dev/full', process.execPath, program],
    {
      cwd: repoRoot,
      encoding: 'utf8',
    },
  )
  rmSync(folder, { recursive: true })
  assert.equal(status, 1)
  assert.match(stderr, /^error: what stdout is written to: no space left on device.*\n$/)
})
