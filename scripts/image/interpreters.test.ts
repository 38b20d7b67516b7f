import assert from 'node:assert/strict'
import { chmodSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileStates, type Package } from '../rpm/package.ts'
import { directoryOf, imageOfDirectory } from '../testing/checks/directory-image.ts'
import { missingInterpreters } from './interpreters.ts'

/** What is missing in an image of these executable files. */
async function missing(
  files: Record<string, string>,
  packages: readonly Package[] = [],
  links = {},
): Promise<string[]> {
  const root = directoryOf({ 'usr/bin/sh': 'ELF', 'opt/tool': 'ELF', ...files })
  for (const path of Object.keys(files)) chmodSync(join(root, path), 0o755)
  for (const [path, target] of Object.entries<string>(links)) symlinkSync(target, join(root, path))
  const image = imageOfDirectory(root, { Env: ['PATH=/opt:/usr/bin'] })
  const found = await missingInterpreters(image, async () => packages)
  return found.map(({ script, program }) => `${script} ${program}`)
}

/** A package, not all of whose files need to be there. */
const pack = (ofOther: number): Package => ({
  name: 'a',
  version: '1',
  release: '1',
  size: 0,
  requires: [],
  provides: [],
  files: ['/usr/bin/script', '/etc/script', '/usr/bin/other'].map(path => ({
    path,
    mode: 0o100755,
    size: 1,
    flags: 0,
    state: path === '/usr/bin/other' ? ofOther : fileStates.normal,
  })),
})

test('a script has its interpreter in the image, by links of the image', async () => {
  assert.deepEqual(await missing({ script: '#!/usr/bin/sh -e\n', other: 'text', cut: '#!' }), [])
  assert.deepEqual(await missing({ script: '#! /bin/sh\n' }), ['/script /bin/sh'])
  assert.deepEqual(await missing({ script: '#!/bin/sh\n' }, [], { bin: '/usr/bin' }), [])
  assert.deepEqual(await missing({ script: '#!/usr/bin/bash\n' }, [], { 'usr/bin/bash': 'gone' }), [
    '/script /usr/bin/bash',
  ])
  assert.deepEqual(await missing({ script: '#!/usr/bin/sh\r\n' }), ['/script /usr/bin/sh\r'])
})

test('of env also the program that it starts, as the image would find it', async () => {
  const env = { 'usr/bin/env': 'ELF' }
  assert.deepEqual(await missing({ ...env, script: '#!/usr/bin/env tool\n' }), [])
  assert.deepEqual(await missing({ ...env, script: '#!/usr/bin/env -S A=1 -u B tool -x\n' }), [])
  assert.deepEqual(await missing({ ...env, script: '#!/usr/bin/env tool -x\n' }), [
    '/script /usr/bin/tool -x',
  ])
  assert.deepEqual(await missing({ ...env, script: '#!\t/usr/bin/env\ttool \n' }), [])
  assert.deepEqual(await missing({ ...env, script: '#!/usr/bin/env tool\r\n' }), ['/script /usr/bin/tool\r'])
  assert.deepEqual(await missing({ script: '#!/usr/bin/env python3\n' }), [
    '/script /usr/bin/env',
    '/script /usr/bin/python3',
  ])
})

test('a script of a whole package may be without, one of a single file may not, but for what comes along', async () => {
  const script = {
    'usr/bin/script': '#!/bin/bash\n',
    'etc/script': '#!/bin/bash\n',
    'etc/own': '#!/bin/bash\n',
  }
  const own = '/etc/own /bin/bash'
  assert.deepEqual(await missing(script, [pack(fileStates.normal)]), [own])
  assert.deepEqual(await missing(script, [pack(fileStates.notInstalled)]), [own, '/usr/bin/script /bin/bash'])
})
