import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Workbench } from '../workbench.ts'

let bench: Workbench
before(() => {
  bench = new Workbench('linters')
})
after(() => bench.remove())

const lint = (env = {}) => bench.script('check', ['--only', 'other languages', '--all'], env)

const faults: readonly (readonly [what: string, file: string, content: string, pattern: RegExp])[] = [
  [
    'a name that is nowhere',
    'images/builder/commands/bin/x',
    '#!/usr/bin/python3\nprint(nothing)\n',
    /undefined name 'nothing'/,
  ],
  [
    'syntax newer than 3.9',
    'images/builder/commands/lib/newroot/x.py',
    'match 1:\n    case 1:\n        pass\n',
    /x.py:\d: .*3.10/,
  ],
  [
    'Go that is not formatted',
    'images/minimal-base-iptables/wrapper/x.go',
    'package main\nvar  x = 1\n',
    /x.go/,
  ],
  ['a shell script', '.ci/x', '#!/bin/sh\ncd "$1"\nrm $2\n', /\.ci\/x:3:4: .*SC2086/],
  [
    'the shell of a recipe',
    'images/minimal-base-git/Dockerfile',
    'FROM a\nRUN if [ $(a) == ]; then b; fi\n',
    /Dockerfile:2: .*SC/,
  ],
]

test('all is right as it is', () => {
  const { exitCode, output } = lint()
  assert.equal(exitCode, 0, output)
})

for (const [what, file, content, pattern] of faults) {
  test(`found: ${what}`, () => {
    const { exitCode, output } = bench.while(file, content, () => lint())
    assert.match(output, pattern)
    assert.equal(exitCode, 1, output)
  })
}

test('what cannot be looked at is said, and with --all a failure', () => {
  const env = { PATH: `${bench.root}/bin` }
  bench.run(['mkdir', 'bin'])
  bench.run(['sh', '-c', 'ln -s "$(command -v git)" bin/git'])
  const said = bench.script('check', ['--only', 'other languages'], env)
  assert.match(said.output, /not checked here: Python \(apt-get install pyflakes3\)\n.*Go.*\n.*shell/)
  assert.equal(said.exitCode, 0, said.output)
  assert.equal(lint(env).exitCode, 1)
})
