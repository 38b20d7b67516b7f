import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareAdditions, differencesOf } from './compare.ts'

test('what only one side adds is a difference, with the reason of the image before that of the package', () => {
  const additions = compareAdditions(['a', 'b', 'extra'], ['a', 'b', 'gone', 'lost'])
  assert.deepEqual(additions, { same: 2, missing: ['gone', 'lost'], extra: ['extra'] })
  const reasons = { missing: { gone: 'everywhere', 'git gone': 'in git' }, extra: { extra: 'wanted' } }
  const told = differencesOf([{ image: 'git', ...additions }], reasons)
  assert.deepEqual(
    told.map(({ name, reason }) => [name, reason]),
    [
      ['gone', 'in git'],
      ['lost', ''],
      ['extra', 'wanted'],
    ],
  )
})
