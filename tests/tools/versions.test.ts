import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { packageChanges } from '../../scripts/packages/changes.ts'
import { compareVersions } from '../../scripts/rpm/versions.ts'

const folder = mkdtempSync(join(tmpdir(), 'versions-'))
after(() => rmSync(folder, { recursive: true, force: true }))

type Pair = readonly [a: string, b: string]

/** What rpm itself says of each pair, all in one process. Characters are bytes. */
function askRpm(pairs: readonly Pair[]): number[] {
  const file = join(folder, 'pairs')
  writeFileSync(file, pairs.map(pair => `${pair.join('\n')}\n`).join(''), 'latin1')
  const lua = `local f = io.open("${file}", "rb") for a in f:lines() do print(rpm.vercmp(a, f:read("l")) .. " ") end`
  const output = execFileSync('rpm', ['--eval', `%{lua: ${lua}}`], { encoding: 'utf8', maxBuffer: 1 << 24 })
  return output.trim().split(' ').map(Number)
}

/** The same numbers on every run (mulberry32). */
let state = 20230311
function random(below: number): number {
  state = (state + 0x6d2b79f5) | 0
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
  return ((mixed ^ (mixed >>> 14)) >>> 0) % below
}

const words = [
  '0',
  '00',
  '1',
  '01',
  '2',
  '9',
  '10',
  '0010',
  '18446744073709551616',
  'a',
  'A',
  'b',
  'aa',
  'ab',
  'Z',
  'lab',
]
const marks = ['~', '~', '^', '^', '~~', '~^', '^~', '.', '..', '_', '+', '!', '\xe9', '\xc3\xa9', '\xb2']
const pick = <T>(from: readonly T[]): T => from[random(from.length)]!
const token = () => pick(random(2) === 0 ? words : marks)

/** Two that differ in little, so that most of what is equal is looked at. */
function nearlyEqual(): Pair {
  const a = Array.from({ length: 1 + random(6) }, token)
  const b = [...a]
  for (let edits = random(3); edits > 0; edits--)
    b.splice(random(b.length + 1), random(2), ...(random(2) ? [token()] : []))
  return [a.join('') || '.', b.join('') || '.']
}

test('versions are older, newer or equal just as rpm says', () => {
  const pairs = Array.from({ length: 20_000 }, nearlyEqual)
  const expected = askRpm(pairs)
  assert.equal(expected.length, pairs.length)
  const wrong = pairs.filter(([a, b], index) => Math.sign(compareVersions(a, b)) !== expected[index])
  assert.deepEqual(wrong.slice(0, 10), [])
  // Otherwise the pairs would prove little.
  for (const order of [-1, 0, 1]) assert.ok(expected.filter(one => one === order).length > 2000, `${order}`)
})

test('a change of epoch, version and release has the direction that rpm says', () => {
  const sides = Array.from({ length: 10_000 }, () => {
    const [epoch, version, release] = [random(3), nearlyEqual(), nearlyEqual()]
    const other = random(4) === 0 ? random(11) : epoch
    const same = random(2) === 0
    return [
      { epoch, evr: `${version[0]}-${release[0]}` },
      { epoch: other, evr: `${version[same ? 0 : 1]}-${release[1]}` },
    ] as const
  })
  const expected = askRpm(sides.map(([a, b]) => [`${a.epoch}:${a.evr}`, `${b.epoch}:${b.evr}`] as const))
  const kinds = sides.map(([a, b]) => {
    const [before, after] = [`p-${a.evr}.noarch`, `p-${b.evr}.noarch`]
    const epochs = { before: new Map([[before, a.epoch]]), after: new Map([[after, b.epoch]]) }
    return packageChanges([before], [after], epochs)[0]?.kind ?? 'replaced'
  })
  const names: Record<number, string> = { [-1]: 'upgraded', 0: 'replaced', 1: 'downgraded' }
  const wrong = sides.filter((_, index) => kinds[index] !== names[expected[index]!])
  assert.deepEqual(wrong.slice(0, 10), [])
})
