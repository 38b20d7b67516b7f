import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseChallenges } from './challenge.ts'

const said = (...headers: string[]) =>
  parseChallenges(headers).map(({ scheme, parameters }) => [scheme, parameters])

test('challenges are read as RFC 9110 writes them', () => {
  const bearer = ['bearer', { realm: 'https://a/t', service: 's', scope: 'repository:x:pull,push' }]
  for (const [header, ...expected] of [
    ['Bearer realm="https://a/t",service="s",scope="repository:x:pull,push"', bearer],
    ['bEARER  REALM = "https://a/t" , Service=s,\t scope="repository:x:pull,push"', bearer],
    ['Basic realm="a, b=\\"c\\" \\\\"', ['basic', { realm: 'a, b="c" \\' }]],
    [
      'Basic realm="b", Bearer realm="https://a/t",service="s",scope="repository:x:pull,push"',
      ['basic', { realm: 'b' }],
      bearer,
    ],
    ['Negotiate, Basic realm=""', ['negotiate', {}], ['basic', { realm: '' }]],
    ['Negotiate YWJj==, Basic realm="x"', ['negotiate', {}], ['basic', { realm: 'x' }]],
    ['Bearer realm=https://a/t?b=c', ['bearer', { realm: 'https://a/t?b=c' }]],
    [', ,Basic', ['basic', {}]],
    ['Bearer realm="never ends', ['bearer', {}]],
    ['Bearer realm=', ['bearer', {}]],
    ['=x'],
    [''],
  ] as [string, ...unknown[]][])
    assert.deepEqual(said(header), expected, header)
})

test('each header of an answer may hold some', () => {
  assert.deepEqual(said('Basic realm="x"', 'Bearer realm="y"').flat(), [
    'basic',
    { realm: 'x' },
    'bearer',
    { realm: 'y' },
  ])
})

test('no header takes long to read', () => {
  for (const text of [
    'a="'.repeat(5000),
    ','.repeat(16000),
    'a='.repeat(8000),
    'Basic '.repeat(2600),
    `x ${'='.repeat(16000)}`,
  ]) {
    const started = performance.now()
    parseChallenges([text])
    assert.ok(performance.now() - started < 2000, text.slice(0, 10))
  }
})
