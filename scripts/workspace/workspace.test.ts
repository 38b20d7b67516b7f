import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { findImage, lineage, readWorkspace } from './workspace.ts'

type Packages = Record<
  string,
  { dependencies?: Record<string, string>; devDependencies?: Record<string, string>; image?: object }
>

function workspace(packages: Packages, root = mkdtempSync(join(tmpdir(), 'workspace-'))): string {
  for (const [name, manifest] of Object.entries(packages)) {
    mkdirSync(join(root, name), { recursive: true })
    writeFileSync(join(root, name, 'package.json'), JSON.stringify({ name, ...manifest }))
  }
  return root
}

const any = (...names: string[]) => Object.fromEntries(names.map(name => [name, '*']))

test('dependencies name the parent, devDependencies what else the Dockerfile reads', () => {
  const images = readWorkspace(
    workspace({ base: {}, builder: {}, git: { dependencies: any('base'), devDependencies: any('builder') } }),
  )
  const git = findImage(images, 'git')
  assert.equal(git.parent, 'base')
  assert.deepEqual(git.contexts, ['base', 'builder'])
  assert.deepEqual(
    lineage(images, git).map(image => image.name),
    ['git', 'base'],
  )
})

test('a distro has the images whose packages it has, and what these are made with', () => {
  const root = workspace({
    base: {},
    next: { dependencies: any('base'), image: { distros: ['al2023', 'al2'] } },
    tool: { image: { distros: ['al2023', 'lab'] } },
    on: { dependencies: any('next'), devDependencies: any('tool') },
  })
  const on = (distro: 'al2023' | 'al2' | 'lab' | 'any') => [...readWorkspace(root, distro).keys()].sort()
  assert.deepEqual(on('any'), ['base', 'next', 'on', 'tool'])
  assert.deepEqual(on('al2023'), ['base', 'next', 'on', 'tool'])
  assert.deepEqual(on('al2'), ['base', 'next'])
  assert.deepEqual(on('lab'), ['base', 'tool'])
})

test('images of a family share its recipe and differ in parent and arguments', () => {
  const root = join(mkdtempSync(join(tmpdir(), 'workspace-')), 'images')
  const family = join(root, '..', 'families', 'node')
  mkdirSync(family, { recursive: true })
  writeFileSync(join(family, 'package.json'), '{"name": "family-node"}')
  const images = readWorkspace(
    workspace(
      {
        base: {},
        builder: {},
        'node-22': {
          dependencies: any('base'),
          devDependencies: any('builder', 'family-node'),
          image: { args: { VERSION: '22' } },
        },
      },
      root,
    ),
  )
  const image = findImage(images, 'node-22')
  assert.equal(image.recipe, family)
  assert.deepEqual(image.args, { VERSION: '22' })
  assert.deepEqual(image.contexts, ['base', 'builder'])
  assert.equal(findImage(images, 'base').recipe, join(root, 'base'))
})

test('an unknown image is named with the nearest ones', () => {
  const images = readWorkspace(workspace({ 'minimal-base': {}, 'minimal-base-git': {}, builder: {} }))
  assert.throws(
    () => findImage(images, 'minimal-bse'),
    /there is no image minimal-bse: the nearest names are minimal-base/,
  )
  assert.throws(() => findImage(images, 'git'), /the nearest names are minimal-base-git/)
})

test('a parent that does not exist is named with the image that wants it', () => {
  const root = workspace({ base: {}, git: { dependencies: any('bas') } })
  assert.throws(
    () => readWorkspace(root),
    /images\/git\/package.json names bas, which is not an image: did you mean base\?/,
  )
})

test('a cycle is shown whole', () => {
  const root = workspace({
    a: { dependencies: any('b') },
    b: { dependencies: any('c') },
    c: { dependencies: any('a') },
  })
  assert.throws(() => readWorkspace(root), /the images a → b → c → a are made on each other/)
})

test('two parents are one too many', () => {
  const root = workspace({ a: {}, b: {}, c: { dependencies: any('a', 'b') } })
  assert.throws(() => readWorkspace(root), /names a and b; an image has one parent/)
})

test('an image has the name of its folder', () => {
  const root = workspace({ base: {} })
  writeFileSync(join(root, 'base', 'package.json'), '{"name": "other"}')
  assert.throws(() => readWorkspace(root), /the name is other; an image has the name of its folder, base/)
})

test('a budget is read', () => {
  const images = readWorkspace(workspace({ base: { image: { budget: { bytes: 5, packages: 2 } } } }))
  assert.deepEqual(images.get('base')?.budget, { bytes: 5, packages: 2 })
})
