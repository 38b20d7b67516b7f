import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { packageChanges } from './changes.ts'

const changes = (before: string[], after: string[]) =>
  packageChanges(before, after).map(({ kind, name, from = '', to = '' }) => `${kind} ${name} ${from} ${to}`)

test('equal lists, in whatever order, have no changes', () => {
  assert.deepEqual(changes(['b-1-1.noarch', 'a-1-1.noarch'], ['a-1-1.noarch', 'b-1-1.noarch']), [])
})

test('a package is added, removed, upgraded or downgraded', () => {
  const before = ['git-core-2.9-1.x86_64', 'gone-1-1.noarch', 'zlib-1.3-2.x86_64', 'same-1-1.noarch']
  const after = ['git-core-2.10-1.x86_64', 'new-1-1.noarch', 'zlib-1.3-1.x86_64', 'same-1-1.noarch']
  assert.deepEqual(changes(before, after), [
    'upgraded git-core 2.9-1 2.10-1',
    'removed gone 1-1 ',
    'added new  1-1',
    'downgraded zlib 1.3-2 1.3-1',
  ])
})

test('an architecture is named where it changed', () => {
  assert.deepEqual(changes(['a-1-1.noarch'], ['a-1-1.x86_64']), ['replaced a 1-1.noarch 1-1.x86_64'])
})

test('a key has no architecture, and is not upgraded but replaced by another', () => {
  assert.deepEqual(changes(['gpg-pubkey-aa-1'], ['gpg-pubkey-bb-2']), [
    'removed gpg-pubkey aa-1 ',
    'added gpg-pubkey  bb-2',
  ])
})

test('of a package that is there twice each version has its own line', () => {
  assert.deepEqual(changes(['k-1-1.noarch'], ['k-1-2.noarch', 'k-1-3.noarch']), [
    'upgraded k 1-1 1-2',
    'added k  1-3',
  ])
})

describe('an epoch', () => {
  const epochs = (before: number, after: number) => ({
    before: new Map([['a-2.39-1.noarch', before]]),
    after: new Map([
      ['a-2.30-1.noarch', after],
      ['a-2.39-1.noarch', after],
    ]),
  })
  const one = (after: string, known?: ReturnType<typeof epochs>) =>
    packageChanges(['a-2.39-1.noarch', 'b-1-1.noarch'], [after, 'b-1-1.noarch'], known).map(
      ({ kind, name, from, to }) => `${kind} ${name} ${from} ${to}`,
    )

  test('counts before the version, and is named where it changed', () => {
    assert.deepEqual(one('a-2.30-1.noarch', epochs(1, 2)), ['upgraded a 1:2.39-1 2:2.30-1'])
    assert.deepEqual(one('a-2.30-1.noarch', epochs(1, 1)), ['downgraded a 2.39-1 2.30-1'])
    assert.deepEqual(one('a-2.39-1.noarch', epochs(10, 9)), ['downgraded a 10:2.39-1 9:2.39-1'])
  })

  test('that changes alone is a change', () => {
    assert.deepEqual(one('a-2.39-1.noarch', epochs(0, 1)), ['upgraded a 0:2.39-1 1:2.39-1'])
    assert.deepEqual(one('a-2.39-1.noarch', epochs(1, 1)), [])
  })

  test('that one side does not know counts as the same', () => {
    assert.deepEqual(one('a-2.30-1.noarch'), ['downgraded a 2.39-1 2.30-1'])
    assert.deepEqual(one('a-2.39-1.noarch'), [])
  })
})
