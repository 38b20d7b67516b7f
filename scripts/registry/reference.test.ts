import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseReference } from './reference.ts'

const digest = `sha256:${'0a'.repeat(32)}`

test('a reference has a host, a repository, and a tag or a digest, which counts more', () => {
  for (const [text, ...parts] of [
    ['localhost:5000/x:tag', 'localhost:5000', 'x', 'tag'],
    [
      'public.ecr.aws/eks-distro-build-tooling/base:2026-11.2023',
      'public.ecr.aws',
      'eks-distro-build-tooling/base',
      '2026-11.2023',
    ],
    [`127.0.0.1:5000/a/b@${digest}`, '127.0.0.1:5000', 'a/b', digest],
    [`[::1]:5000/a:b@${digest}`, '[::1]:5000', 'a', digest],
  ] as const) {
    const { host, repository, version } = parseReference(text)
    assert.deepEqual([host, repository, version], parts)
  }
})

test('anything else is an error that says how to write it', () => {
  for (const text of [
    '',
    'amazonlinux',
    'host/x',
    'host/X:tag',
    'https://host/x:tag',
    'host/x@sha256:00',
    'host/x:a b',
  ])
    assert.throws(() => parseReference(text), {
      name: 'UserError',
      message: /is no image reference: write it as HOST/,
    })
})
