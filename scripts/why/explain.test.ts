import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { FileEntry } from '../oci/files.ts'
import type { Package } from '../rpm/package.ts'
import type { Request } from './commands.ts'
import { explain, type Level } from './explain.ts'
import { findOwners, findPackages } from './find.ts'
import { toJson, toText } from './report.ts'

/** `a: needs > offers`: a package with its requirements, its provides and a file of its name. */
function pack(name: string, requires: readonly string[] = [], provides: readonly string[] = []): Package {
  const dependency = (what: string) => ({ name: what, flags: 0 })
  return {
    name,
    version: '1',
    release: '1',
    arch: 'noarch',
    size: 10,
    requires: requires.map(dependency),
    provides: [name, ...provides].map(dependency),
    files: [{ path: `/usr/bin/${name}`, mode: 0o100755, size: 10, flags: 0, state: 0 }],
  }
}

function level(
  image: string,
  packages: readonly Package[],
  words: readonly string[],
  more: Partial<Level> = {},
): Level {
  const requests = words.map((word, index): Request => {
    return { line: index + 1, command: 'install_rpm', word, follows: 'libraries' }
  })
  const paths = packages.flatMap(({ files }) => files.map(({ path }) => path))
  const file = (path: string) => ({ path, type: 'file', mode: 0o755, uid: 0, gid: 0, size: 7 }) as const
  const dir = (path: string) => ({ ...file(path), type: 'dir', size: 0 }) as const
  const files = new Map<string, FileEntry>([
    ...['/usr', '/usr/bin'].map(path => [path, dir(path)] as const),
    ...paths.map(path => [path, file(path)] as const),
  ])
  const recipe = `images/${image}/Dockerfile`
  return { image, recipe, requests, unread: [], packages, files, needs: new Map(), ...more }
}

const libc = pack('glibc', ['bash'], ['libc.so.6()(64bit)'])
const parent = level('parent', [libc], ['glibc'])
const child = (packages: Package[], words: string[], more = {}) =>
  level('child', [libc, ...packages], words, { base: { line: 9, name: 'parent' }, ...more })

const way = (levels: Level[], name: string) => {
  const answer = explain(levels, findPackages(levels[0]!, name)[0]!)
  const steps = answer.way?.steps.map(({ from, requires, to }) => `${from.name} ${requires} ${to.name}`)
  return [answer.origin.image, answer.way?.request.word, ...(steps ?? [])]
}

describe('the way to a package', () => {
  const git = pack('git', ['libz.so.1', 'bash', 'libc.so.6()(64bit)'])
  const zlib = pack('zlib', [], ['libz.so.1'])
  const bash = pack('bash')

  test('is the request itself', () => {
    assert.deepEqual(way([child([git], ['git']), parent], 'git'), ['child', 'git'])
  })
  test('goes through the libraries that are required', () => {
    const levels = [child([git, zlib], ['git']), parent]
    assert.deepEqual(way(levels, 'zlib'), ['child', 'git', 'git libz.so.1 zlib'])
  })
  test('is found in the image that brought it', () => {
    assert.deepEqual(way([child([git], ['git']), parent], 'glibc'), ['parent', 'glibc'])
  })
  test('goes through other requirements only where no library leads', () => {
    const other = pack('other', ['libbash.so'])
    const levels = [child([git, other, pack('bash', [], ['libbash.so'])], ['git', 'other']), parent]
    assert.deepEqual(way(levels, 'bash'), ['child', 'other', 'other libbash.so bash'])
    assert.deepEqual(way([child([git, bash], ['git']), parent], 'bash'), ['child', 'git', 'git bash bash'])
  })
  test('may begin in what the parent lacked', () => {
    assert.deepEqual(way([child([bash], []), parent], 'bash'), ['child', 'parent', 'glibc bash bash'])
  })
  test('begins with a program that no package brought', () => {
    const needs = new Map([['/usr/bin/own', ['libz.so.1']]])
    const requests = [
      { line: 4, command: 'install_deps_for_binary', word: '/usr/bin/own', follows: 'libraries' },
    ]
    assert.deepEqual(way([child([zlib], [], { needs, requests }), parent], 'zlib'), ['child', '/usr/bin/own'])
  })
  test('begins with what is asked for in any case, then with what is asked for under a condition', () => {
    const requests = ['bash', 'git'].map((word, index): Request => {
      return { line: index + 1, command: 'install_rpm', word, follows: 'libraries', maybe: word === 'bash' }
    })
    assert.deepEqual(way([child([git, zlib, bash], [], { requests }), parent], 'bash'), [
      'child',
      'git',
      'git bash bash',
    ])
    const other = [child([bash], [], { requests }), parent]
    assert.deepEqual(way(other, 'bash'), ['child', 'bash'])
    const question = { image: 'child', platform: 'linux/amd64', word: 'bash' }
    assert.match(toText(question, explain(other, bash)), /says install_rpm bash under a condition\n/)
  })
  test('begins with an RPM file, whose name says what it is', () => {
    assert.deepEqual(way([child([zlib], ['/tmp/zlib-1-1.noarch.rpm'])], 'zlib'), [
      'child',
      '/tmp/zlib-1-1.noarch.rpm',
    ])
  })
  test('is not made up: what cannot be read is told instead', () => {
    const unread = [{ line: 9, source: 'install_rpm $p' }]
    const levels = [child([zlib], ['git', '/tmp/*.rpm', '@base'], { unread }), parent]
    const answer = explain(levels, zlib)
    assert.equal(answer.way, undefined)
    const text = toText({ image: 'child', platform: 'linux/amd64', word: 'zlib' }, answer)
    for (const place of ['2 install_rpm /tmp/*.rpm', '3 install_rpm @base', '9 install_rpm $p'])
      assert.ok(text.includes(`  cannot be read here: images/child/Dockerfile:${place}\n`), text)
    assert.doesNotMatch(text, /nothing in/)
    const { unread: told } = JSON.parse(
      JSON.stringify(toJson({ image: 'child', platform: 'linux/amd64', word: 'zlib' }, answer)),
    )
    assert.deepEqual(told.at(-1), { file: 'images/child/Dockerfile', line: 9, source: 'install_rpm $p' })
  })
  test('is not made up', () => {
    const levels = [child([zlib], ['git']), parent]
    assert.deepEqual(way(levels, 'zlib'), ['child', undefined])
  })
})

test('what only it brings goes with it, what others bring stays', () => {
  const a = pack('a', ['libb.so', 'libc.so'])
  const [b, c, d] = [
    pack('b', ['libd.so'], ['libb.so']),
    pack('c', [], ['libc.so']),
    pack('d', [], ['libd.so']),
  ]
  const other = pack('other', ['libc.so'])
  const { goToo, requiredBy, weight } = explain([child([a, b, c, d, other], ['a', 'other']), parent], a)
  assert.deepEqual(
    goToo.map(({ package: { name } }) => name),
    ['b', 'd'],
  )
  assert.deepEqual([requiredBy, weight], [[], { bytes: 7, files: 1 }])
})

describe('what is asked about', () => {
  const image = child([pack('git'), pack('zlib', [], ['libz.so.1()(64bit)'])], ['git'])
  test('is a name, a NEVRA or a library', () => {
    for (const word of ['zlib', 'zlib-1-1.noarch', 'libz.so.1'])
      assert.equal(findPackages(image, word)[0]?.name, 'zlib')
  })
  test('is named with the nearest if it is not there', () => {
    assert.throws(() => findPackages(image, 'zlb'), { name: 'UserError', message: /no package zlb: .* zlib/ })
    assert.throws(() => findOwners(image, '/bin/gti'), { name: 'UserError', message: /no file \/bin\/gti/ })
    assert.throws(() => findOwners(image, '/opt/git'), { message: /the nearest are \/usr\/bin\/git/ })
  })
  test('is a file', () => assert.equal(findOwners(image, '/usr/bin/git')[0]?.name, 'git'))
})
