import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dropMountStubs, type Node, type RootFs } from './rootfs.ts'

const entry = (flag: string, size = 0) => ({ header: { flag, size } }) as Node
const folder = entry('5')

function left(
  paths: Record<string, Node>,
  targets: readonly string[],
  meant: readonly string[] = [],
): string[] {
  const rootfs: RootFs = new Map(Object.entries(paths))
  dropMountStubs(rootfs, path => meant.includes(path), targets)
  return [...rootfs.keys()]
}

test('folders that led to a mount go, up to what is meant or holds something', () => {
  assert.deepEqual(left({ '/srv': folder, '/srv/repo': folder }, ['/srv/repo'], ['/srv']), ['/srv'])
  assert.deepEqual(left({ '/a': folder, '/a/b': folder, '/a/b/c': folder }, ['/a/b/c/']), [])
  const held = { '/a': folder, '/a/b': folder, '/a/file': entry('0', 3) }
  assert.deepEqual(left(held, ['/a/b']), ['/a', '/a/file'])
  assert.deepEqual(left({ '/a': folder, '/a/file': entry('0', 3) }, ['/a/file', '/', '.']), ['/a', '/a/file'])
})

test('files that engines mount over go while they are empty, unless they are meant', () => {
  assert.deepEqual(left({ '/etc/hosts': entry('0'), '/etc/resolv.conf': entry('0', 9) }, []), [
    '/etc/resolv.conf',
  ])
  assert.deepEqual(left({ '/etc/hosts': entry('0') }, [], ['/etc/hosts']), ['/etc/hosts'])
})
