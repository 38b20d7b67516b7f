import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareAdditions, differencesOf } from './compare.ts'

test('what only one side adds is a difference, with the reason of the image before that of the package', () => {
  const additions = compareAdditions(['a', 'b', 'extra'], ['a', 'b', 'gone', 'lost'])
  assert.deepEqual(additions, { same: 2, missing: ['gone', 'lost'], extra: ['extra'] })
  const reasons = { missing: { gone: 'everywhere', 'git gone': 'in git' }, extra: { extra: 'wanted' } }
  const one = { platform: 'linux/amd64', ...additions } as const
  const told = differencesOf('git', [one], reasons)
  assert.deepEqual(
    told.map(({ name, reason }) => [name, reason]),
    [
      ['gone', 'in git'],
      ['lost', ''],
      ['extra', 'wanted'],
    ],
  )
})

test('what is so on one platform alone says on which', () => {
  const on = (platform: 'linux/amd64' | 'linux/arm64', ...here: string[]) => ({
    platform,
    ...compareAdditions(here, ['a']),
  })
  const reasons = { missing: {}, extra: { b: 'why', c: 'why' } }
  assert.deepEqual(
    differencesOf('git', [on('linux/amd64', 'a', 'b', 'c'), on('linux/arm64', 'a', 'b')], reasons),
    [
      { image: 'git', kind: 'extra', name: 'b', reason: 'why' },
      { image: 'git', kind: 'extra', name: 'c', reason: 'why', on: 'linux/amd64' },
    ],
  )
})
