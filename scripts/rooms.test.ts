import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, posix } from 'node:path'
import { test } from 'node:test'
import { inRepo } from './lib/paths.ts'
import { readWorkspace } from './workspace/workspace.ts'

interface Room {
  readonly name: string
  readonly inside: boolean
  readonly imports: readonly string[]
}

/** The table of docs/architecture.md, which is what a newcomer reads. */
const rooms = readRooms()
const inside = rooms.filter(room => room.inside).map(({ name }) => name)
const modules = readdirSync(inRepo('scripts'), { recursive: true, encoding: 'utf8' }).filter(file =>
  file.endsWith('.ts'),
)

function readRooms(): Room[] {
  const found: Room[] = []
  let isInside = false
  for (const line of readFileSync(inRepo('docs', 'architecture.md'), 'utf8').split('\n')) {
    const [, first = '', , imports = ''] = line.split('|').map(cell => cell.trim())
    if (first.startsWith('**')) isInside = first.includes('inside')
    const name = /^`(\w+)`$/.exec(first)?.[1]
    if (name) found.push({ name, inside: isInside, imports: imports.split(/,\s*/).filter(Boolean) })
  }
  return found
}

/** `build/engines/engine.ts` → `build`; a verb is in none. */
const roomOf = (file: string) => (file.includes('/') ? file.split('/')[0]! : undefined)

/** What a module imports, now or later; paths below scripts/. */
function importsOf(file: string): string[] {
  const source = readFileSync(inRepo('scripts', file), 'utf8')
  return [...source.matchAll(/(?:from|import)[ (]'(\.[^']+)'/g)].map(([, path]) =>
    posix.join(dirname(file), path!),
  )
}

/** Every module below scripts/ that a module loads, however far away. */
function closure(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen
  seen.add(file)
  for (const path of importsOf(file)) closure(path, seen)
  return seen
}

test('the table has every room, and each but once', () => {
  const folders = new Set(modules.flatMap(file => roomOf(file) ?? []))
  assert.deepEqual(rooms.map(({ name }) => name).sort(), [...folders].sort())
})

test('imports point down the table', () => {
  const isTest = (file: string) => file.endsWith('.test.ts')
  const wrong = modules
    .filter(file => !isTest(file))
    .flatMap(file => importsOf(file).map(path => ({ file, path })))
    .filter(({ file, path }) => {
      const [from, to] = [roomOf(file), roomOf(path)]
      if (to === undefined) return true
      if (from === undefined) return to === 'testing' && !/^test(-\w+)?\.ts$/.test(file)
      if (from === to || path.startsWith('..')) return path.startsWith('../images') && from !== 'build'
      const room = rooms.find(({ name }) => name === from)!
      return !room.imports.includes(to) && (room.inside || !inside.includes(to))
    })
  assert.deepEqual(wrong, [])
  for (const [index, { name, imports }] of rooms.entries()) {
    const above = rooms.slice(0, index).map(room => room.name)
    assert.deepEqual(
      imports.filter(one => one !== 'setup' && !above.includes(one)),
      [],
      `${name} imports what stands below it`,
    )
  }
})

test('turbo hashes the rooms that are inside the build, and a build loads no other', () => {
  const text = readFileSync(inRepo('turbo.json'), 'utf8')
  const build = text.slice(text.indexOf('"build"'), text.indexOf('"test"'))
  const hashed = [...build.matchAll(/"\$TURBO_ROOT\$\/scripts\/(\w+)\/\*\*"/g)].map(([, room]) => room!)
  assert.deepEqual(hashed, inside)
  const loaded = [...closure('build.ts')].filter(file => file !== 'build.ts' && !file.startsWith('..'))
  assert.deepEqual(
    loaded.filter(file => !inside.includes(roomOf(file) ?? '')),
    [],
  )
})

test('no image is named in code', () => {
  const names = [...readWorkspace().keys()].join('|').replaceAll('.', '\\.')
  const isCode = (file: string) => !/\.test\.ts$|^(testing|bench)\//.test(file) && file !== 'bench.ts'
  // The folder of the distros' data files and the workshop's own name are no images.
  const other = /inRepo\('images', 'distro'|'eks-distro-base'/g
  const named = modules
    .filter(isCode)
    .filter(file =>
      new RegExp(`'(${names})'`).test(readFileSync(inRepo('scripts', file), 'utf8').replace(other, '')),
    )
  assert.deepEqual(named, [])
})
