import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Package } from '../rpm/package.ts'
import type { Measured } from './measure.ts'
import { reportSizes } from './report.ts'

const one = {
  name: 'p',
  version: '1',
  release: '1',
  size: 1,
  requires: [],
  provides: [],
  files: [],
} satisfies Package
const measured = (name: string, download: number, installed: number, budget?: object): Measured => ({
  image: {
    name,
    dir: '',
    contexts: [],
    recipe: '',
    args: {},
    internal: false,
    toolchain: false,
    first: false,
    provides: {},
    published: { repository: name },
    ...(budget && { budget }),
  },
  download,
  installed,
  packages: [one, one, one],
  by: {
    layer: [{ what: name, bytes: download }],
    package: Array.from({ length: 20 }, (_, index) => ({ what: `p${index}`, bytes: installed / 20 })),
    directory: [{ what: '/usr', bytes: installed }],
  },
})
const all = [measured('a', 3000, 9000, { bytes: 4000, packages: 4 }), measured('b', 500, 900)]

test('each image has a line with its trend against the ledger and its share of the budget', () => {
  const ledger = { images: { a: { download: 1000, installed: 9000 } } }
  assert.deepEqual(reportSizes('lab linux/amd64', all, ledger).split('\n'), [
    'lab linux/amd64  download            installed       packages  of budget',
    'a                2.9 KiB   +2.0 KiB  8.8 KiB         3         75 % of bytes, 75 % of packages',
    'b                500 B     new       900 B      new  3',
  ])
})

test('what weighs most stands below it, the rest is counted', () => {
  const lines = reportSizes('x', all, {}, 'package').split('\n')
  assert.equal(lines.length, 1 + 2 * (1 + 12 + 1))
  assert.match(lines[2]!, /^ +450 B {2}5 % {2}p0$/)
  assert.equal(lines[14], '  … and 8 more')
})
