import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { imageOfFiles } from '../testing/checks/directory-image.ts'
import { lookUp, resolvePath } from './resolve.ts'

const link = (target: string) => ({ type: 'symlink', link: target }) as const
const { files } = imageOfFiles({
  '/usr/lib64/libc.so.6': 'c',
  '/usr/lib64/libm.so': link('libc.so.6'),
  '/lib64': link('usr/lib64'),
  '/opt/up': link('../lib64/./libm.so'),
  '/opt/out': link('../../../../usr/lib64/libc.so.6'),
  '/opt/root': link('/'),
  '/loop/a': link('b'),
  '/loop/b': link('/loop/a'),
  '/dangling': link('/nowhere'),
  '/usr/lib64/second': { type: 'hardlink', link: '/usr/lib64/libc.so.6' },
  '/opt/linked-link': { type: 'hardlink', link: '/opt/up' },
  '/through-file': link('usr/lib64/libc.so.6/x'),
})
const resolved = (path: string) => resolvePath(files, path)?.path

describe('a path is resolved as inside the image', () => {
  test('links in the middle', () => assert.equal(resolved('/lib64/libc.so.6'), '/usr/lib64/libc.so.6'))
  test('links to links, with dots', () => assert.equal(resolved('/opt/up'), '/usr/lib64/libc.so.6'))
  test('not above the root', () => assert.equal(resolved('/opt/out'), '/usr/lib64/libc.so.6'))
  test('the root itself', () => assert.equal(resolved('/opt/root'), '/'))
  test('through a link to the root', () => assert.equal(resolved('/opt/root/lib64'), '/usr/lib64'))
  test('a hardlink is itself', () => assert.equal(resolved('/lib64/second'), '/usr/lib64/second'))
  test('a second name of a link', () => assert.equal(resolved('/opt/linked-link'), '/usr/lib64/libc.so.6'))
  test('a trailing slash', () => assert.equal(resolved('/lib64/'), '/usr/lib64'))
})

describe('nothing is found', () => {
  test('in a circle', () => assert.equal(resolved('/loop/a'), undefined))
  test('at the end of a dangling link', () => assert.equal(resolved('/dangling'), undefined))
  test('below a file', () => assert.equal(resolved('/through-file'), undefined))
  test('where nothing is', () => assert.equal(resolved('/usr/lib32/x'), undefined))
  test('after 41 links', () => {
    const chain = Object.fromEntries(Array.from({ length: 41 }, (_, i) => [`/l${i}`, link(`l${i + 1}`)]))
    const { files } = imageOfFiles({ ...chain, '/l41': 'end' })
    assert.equal(resolvePath(files, '/l0'), undefined)
    assert.equal(resolvePath(files, '/l1')?.path, '/l41')
  })
})

test('lookUp returns the last link itself', () => {
  assert.equal(lookUp(files, '/lib64/libm.so')?.type, 'symlink')
  assert.equal(lookUp(files, '/lib64')?.path, '/lib64')
})
