import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node, RootFs } from '../oci/rootfs.ts'
import { keepPackagedLinks } from './hard-links.ts'
import type { Package } from './package.ts'

const node = (sha256: string, mode = 0o755): Node =>
  ({ header: { flag: '0', mode, uid: 0, gid: 0, xattrs: {} }, layer: 'layer', sha256 }) as unknown as Node

const packaged = (...paths: [path: string, links?: number][]): Package[] => [
  {
    name: 'git',
    version: '1',
    release: '1',
    size: 0,
    requires: [],
    provides: [],
    files: paths.map(([path, links]) => ({
      path,
      mode: 0o100755,
      size: 1,
      flags: 0,
      ...(links !== undefined && { links }),
    })),
  },
]

/** Names of one file, each group sorted. */
function groups(rootfs: RootFs): string[][] {
  const byNode = new Map<Node, string[]>()
  for (const [path, one] of rootfs) byNode.set(one, [...(byNode.get(one) ?? []), path].sort())
  return [...byNode.values()].filter(({ length }) => length > 1)
}

test('an engine that keeps a link and one that breaks it tell the same files', () => {
  const packages = packaged(['/bin/git', 1], ['/usr/bin/git-upload', 1], ['/usr/bin/other'])
  const one = node('a')
  const kept: RootFs = new Map([
    ['/usr/bin/git', one],
    ['/usr/bin/git-upload', one],
    ['/usr/bin/other', node('a')],
  ])
  const broken: RootFs = new Map([...kept.keys()].map(path => [path, node('a')]))
  for (const rootfs of [kept, broken]) {
    keepPackagedLinks(rootfs, packages)
    assert.deepEqual(groups(rootfs), [['/usr/bin/git', '/usr/bin/git-upload']])
  }
})

test('a link that a recipe made, to a file of its own or of a package, is a file of its own', () => {
  const one = node('a')
  const rootfs: RootFs = new Map([
    ['/opt/a', one],
    ['/opt/b', one],
    ['/usr/bin/git', node('b')],
  ])
  rootfs.set('/opt/git', rootfs.get('/usr/bin/git')!)
  keepPackagedLinks(rootfs, packaged(['/usr/bin/git']))
  assert.deepEqual(groups(rootfs), [])
  assert.equal(rootfs.size, 4)
})

test('names whose content or mode a recipe has changed are one file no more', () => {
  for (const other of [node('b'), node('a', 0o4755)]) {
    const rootfs: RootFs = new Map([
      ['/usr/bin/a', node('a')],
      ['/usr/bin/b', other],
    ])
    keepPackagedLinks(rootfs, packaged(['/usr/bin/a', 1], ['/usr/bin/b', 1]))
    assert.deepEqual(groups(rootfs), [])
  }
})
