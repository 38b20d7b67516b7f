import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nvra, type Package } from '../rpm/package.ts'
import { changesOf } from './changes.ts'
import { difference, group } from './group.ts'
import { renderMarkdown, renderText } from './render.ts'
import { type Contents, pairUp, type Side } from './side.ts'

type File = NonNullable<Contents['inside']>['files'][number]

const where = 'lab linux_amd64'
const file = (path: string, more: Partial<File> = {}): File => ({
  path,
  type: 'file',
  mode: 0o644,
  uid: 0,
  gid: 0,
  size: 10,
  sha256: 'aa',
  ...more,
})
const pack = (
  name: string,
  version: string,
  size: number,
  files: [path: string, flags: number][] = [],
): Package => ({
  name,
  version,
  release: '1',
  arch: 'noarch',
  size,
  requires: [],
  provides: [],
  files: files.map(([path, flags]) => ({ path, flags, mode: 0o100644, size: 1 })),
})
const contents = (packages: Package[], files: File[], config = {}): Contents => ({
  image: 'a',
  where,
  lines: packages.map(nvra),
  sizes: new Map(packages.map(one => [nvra(one), one.size])),
  inside: { packages, files, config },
})
const lines = (...versions: string[]): Contents => ({ ...contents([], []), lines: versions })
const side = (name: string, ...images: Contents[]): Side => ({ name, single: false, images })

test('packages have versions and sizes', () => {
  const before = contents([pack('a', '1', 100), pack('b', '1', 50)], [])
  const after = contents([pack('a', '2', 130), pack('c', '1', 7)], [])
  assert.deepEqual(changesOf({ before, after }), [
    { about: 'package', kind: 'upgraded', what: 'a', from: '1-1', to: '2-1', bytes: 30 },
    { about: 'package', kind: 'removed', what: 'b', from: '1-1', bytes: -50 },
    { about: 'package', kind: 'added', what: 'c', to: '1-1', bytes: 7 },
  ])
})

test('files come, go and change; those of an upgraded package do so unsaid, unless they are configuration', () => {
  const owned: [string, number][] = [
    ['/usr/bin/a', 0],
    ['/etc/a.conf', 1],
  ]
  const old = [file('/usr/bin/a', { mode: 0o755 }), file('/etc/a.conf'), file('/etc/own'), file('/gone')]
  const now = [
    file('/usr/bin/a', { mode: 0o4755, sha256: 'bb' }),
    file('/etc/a.conf', { sha256: 'bb' }),
    file('/etc/own', { sha256: 'bb', size: 15 }),
    file('/usr/bin/new', { mode: 0o755 }),
  ]
  const before = contents([pack('a', '1', 1, owned)], old)
  const changes = changesOf({ before, after: contents([pack('a', '2', 1, owned)], now) }).slice(1)
  assert.deepEqual(changes, [
    { about: 'configuration file', kind: 'changed', what: '/etc/a.conf', bytes: 0, package: 'a' },
    { about: 'file', kind: 'changed', what: '/etc/own', bytes: 5 },
    { about: 'file', kind: 'removed', what: '/gone', bytes: -10 },
    { about: 'privilege', kind: 'added', what: '/usr/bin/a', to: 'setuid', package: 'a' },
    { about: 'executable', kind: 'added', what: '/usr/bin/new', bytes: 10 },
  ])
})

test('the configuration is compared setting by setting', () => {
  const before = contents([], [], { User: '0', Env: ['PATH=/bin', 'A=1'], Cmd: ['/x'] })
  const after = contents([], [], { User: '65532', Env: ['PATH=/bin', 'A=1=2'], Labels: { k: 'v' } })
  assert.deepEqual(changesOf({ before, after }), [
    { about: 'configuration', kind: 'removed', what: 'Cmd', from: '["/x"]' },
    { about: 'configuration', kind: 'changed', what: 'Env A', from: '1', to: '1=2' },
    { about: 'configuration', kind: 'added', what: 'Label k', to: 'v' },
    { about: 'configuration', kind: 'changed', what: 'User', from: '0', to: '65532' },
  ])
})

test('a change that several images have is there once, with their names', () => {
  const same = { about: 'package', kind: 'upgraded', what: 'a', from: '1', to: '2' } as const
  const other = { ...same, what: 'b' }
  const groups = group([
    ['git', [same, other]],
    ['tar', [same]],
    ['nginx', [same, other]],
  ])
  assert.deepEqual(groups, [
    { images: ['git', 'tar', 'nginx'], changes: [same] },
    { images: ['git', 'nginx'], changes: [other] },
  ])
})

test('revisions are paired by image and place; what only one has is named', () => {
  const [a, b, c] = ['a', 'b', 'c'].map(image => ({ ...lines('p-1-1.noarch'), image }))
  const arm = { ...a!, where: 'lab linux_arm64' }
  const pairing = pairUp(side('old', a!, b!, arm), side('new', { ...a!, lines: ['p-2-1.noarch'] }, c!))
  const found = difference('old', 'new', pairing)
  assert.deepEqual([found.compared, found.onlyBefore, found.onlyAfter], [1, ['b'], ['c']])
  assert.equal(
    renderText(found),
    'old → new: 1 of 1 image changed\nonly in old: b\nonly in new: c\n\na:\n  upgraded  p  1-1 → 2-1',
  )
  assert.match(
    renderMarkdown(found),
    /### a\n\n\| {2}\| what \| change \| size \|\n.*\n\| upgraded \| p \| 1-1 → 2-1 \| {2}\|/,
  )
})

test('a single image is compared with the one of its name, two with each other', () => {
  const [a, b] = ['a', 'b'].map(image => ({ ...lines(), image }))
  const only = (image: Contents) => ({ ...side(image.image, image), single: true })
  const named = ({ pairs }: ReturnType<typeof pairUp>) =>
    pairs.map(pair => `${pair.before.image} ${pair.after.image}`)
  assert.deepEqual(named(pairUp(only(b!), side('new', a!, b!))), ['b b'])
  assert.deepEqual(named(pairUp(only(a!), only(b!))), ['a b'])
})

test('many files of one kind are told by directory, those of a new package not at all', () => {
  const many = Array.from({ length: 300 }, (_, index) =>
    file(`/usr/lib/python3/site/m${index % 3}/f${index}`),
  )
  const before = contents([], [])
  const after = contents([pack('p', '1', 5, [['/usr/share/p', 0]])], [...many, file('/usr/share/p')])
  const found = difference('x', 'y', pairUp(side('x', before), side('y', after)))
  const text = renderText(found)
  assert.match(text, /file added +\/usr\/lib\/python3\/site\/m0\/ \(100 files\) +\+1\.0 KiB/)
  assert.equal(text.split('\n').length, 7)
  assert.doesNotMatch(text, /share\/p/)
})

test('what an image of others says is text: on a terminal one line a change, in Markdown no markup', () => {
  const path = '/a\x1b[2J\n# Approved\n<img src=x> @someone #1 | `b`\u202e'
  const before = contents([], [])
  const after = contents([], [file(path)], { Labels: { '\n## l': '[x](y)\nz' } })
  const found = difference('x', 'y', pairUp(side('x', before), side('y', after)))
  const text = renderText(found)
  assert.match(text, /^ {2}file added +\/a\\x1b\[2J\\n# Approved\\n<img src=x> @someone #1 \| `b`\\u202e/m)
  assert.doesNotMatch(text, /[^\n\x20-\x7e→]/)
  const markdown = renderMarkdown(found)
  const shown = '``/a\\x1b[2J\\n# Approved\\n<img src=x> @someone #1 \\| `b`\\u202e``'
  assert.ok(markdown.includes(`| file added | ${shown} |`), markdown)
  assert.deepEqual(
    markdown
      .split('\n')
      .filter(line => /^#|^<|Approved$/.test(line))
      .map(line => line.slice(0, 4)),
    ['### '],
  )
})
