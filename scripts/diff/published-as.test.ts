import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readWorkspace } from '../workspace/workspace.ts'
import { publishedAs } from './published-as.ts'

const images = readWorkspace()
const name = (reference: string) =>
  publishedAs(images, reference)
    .map(image => image.name)
    .join(' or ')

test('an image of a registry is the one that is published so', () => {
  assert.equal(name('localhost:5000/eks-distro-minimal-base-glibc:latest'), 'minimal-base-glibc')
  assert.equal(name('public.example.com/a/b/eks-distro-minimal-base:latest-al23'), 'minimal-base')
  assert.equal(name(`host.example/eks-distro-minimal-base-git@sha256:${'0'.repeat(64)}`), 'minimal-base-git')
  assert.equal(name('host.example/eks-distro-minimal-base-git:x'), 'minimal-base-git')
})

test('where several images share a repository the tag says which', () => {
  assert.equal(name('h.example/compiler-base:latest'), 'compiler-base')
  assert.equal(name('h.example/compiler-base:gcc-latest'), 'compiler-gcc')
  assert.equal(name('h.example/compiler-base:yum-2026-01-01-1.2023'), 'compiler-yum')
  const { repository } = images.get('nodejs-22-gcc')!.published
  assert.equal(name(`h.example/${repository}:22-gcc-2026-01-01-1.2023`), 'nodejs-22-gcc')
  assert.equal(name(`h.example/${repository}:24.1.0-1-al23`), 'nodejs-24')
  assert.equal(name(`h.example/${repository}:22`), 'nodejs-22')
})

test('a digest that may be one of several is not guessed at', () => {
  assert.equal(
    name(`h.example/compiler-base@sha256:${'0'.repeat(64)}`),
    'compiler-base or compiler-gcc or compiler-yum',
  )
})

test('an image of our own name is that image, another one nobody’s', () => {
  assert.equal(name('localhost:5000/mine/minimal-base-nsenter:1'), 'minimal-base-nsenter')
  assert.equal(name('localhost:5000/busybox:1'), '')
})
