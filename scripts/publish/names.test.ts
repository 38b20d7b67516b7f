import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DistroName } from '../lib/settings.ts'
import { findImage, readWorkspace } from '../workspace/workspace.ts'
import * as names from './names.ts'

const images = readWorkspace()
const publishedAs = (name: string) => findImage(images, name).published
const tagsOf = (name: string, distro: DistroName, run: string, full?: string) =>
  names.tagsOf(publishedAs(name), distro, run, full)

const tag = '2026-08-14-1786723447.2023'

test('an image is published as its package.json says', () => {
  const repository = (name: string) => publishedAs(name).repository
  assert.equal(repository('eks-distro-base'), 'eks-distro-base')
  assert.equal(repository('minimal-base'), 'eks-distro-minimal-base')
  assert.equal(repository('minimal-base-csi-ebs'), 'eks-distro-minimal-base-csi-ebs')
  assert.equal(repository('minimal-base-python-3.11'), 'eks-distro-minimal-base-python')
  for (const name of ['compiler-base', 'compiler-yum', 'compiler-gcc'])
    assert.equal(repository(name), 'compiler-base')
  assert.deepEqual(publishedAs('python-3.11-gcc'), {
    repository: 'python',
    versionOf: 'python3.11',
    version: '3.11',
    flavour: 'gcc',
  })
  assert.deepEqual(publishedAs('golang-yum'), { repository: 'golang', versionOf: 'golang', flavour: 'yum' })
})

test('ordinary images and the compilers have a latest', () => {
  assert.deepEqual(tagsOf('minimal-base-git', 'al2023', tag), [tag, 'latest', 'latest-al23'])
  assert.deepEqual(tagsOf('minimal-base-git', 'al2', tag), [tag, 'latest.2', 'latest-al2'])
  assert.deepEqual(tagsOf('compiler-yum', 'al2023', tag), [`yum-${tag}`, 'yum-latest', 'yum-latest-al23'])
})

test('languages are tagged by version, and only the smallest flavour owns the bare one', () => {
  assert.deepEqual(tagsOf('golang-gcc', 'al2023', tag, '1.25.13-0'), [
    `1.25-gcc-${tag}`,
    '1.25-gcc',
    '1.25.13-0-gcc',
    '1.25.13-gcc',
    '1.25-gcc-al23',
    '1.25.13-0-gcc-al23',
    '1.25.13-gcc-al23',
  ])
  assert.ok(tagsOf('golang', 'al2023', tag, '1.25.13-0').includes('1.25.13'))
  assert.deepEqual(tagsOf('minimal-base-python-3.11', 'al2', tag, '3.11.15'), [
    `3.11-${tag}`,
    '3.11.15-al2',
    '3.11-al2',
  ])
  assert.throws(() => tagsOf('golang', 'al2023', tag), /hold the version of golang/)
})
