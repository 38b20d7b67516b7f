import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Package } from '../rpm/package.ts'
import { chain } from './chain.ts'

const one = (
  name: string,
  requires: string[] = [],
  provides: string[] = [],
  files: string[] = [],
): Package => ({
  name,
  version: '1',
  release: '1',
  size: 0,
  requires: requires.map(need => ({ name: need, flags: 0 })),
  provides: [name, ...provides].map(offer => ({ name: offer, flags: 0 })),
  files: files.map(path => ({ path, mode: 0o100644, size: 0, flags: 0 })),
})
const packages = [
  one('git', ['git-core', '/usr/bin/sh']),
  one('git-core', ['libpcre2-8.so.0()(64bit)']),
  one('pcre2', [], ['libpcre2-8.so.0()(64bit)']),
  one('dash', [], [], ['/usr/bin/sh']),
  one('egg', ['hen']),
  one('hen', ['egg']),
]

test('a chain leads through sonames, files and names to what no package needs', () => {
  assert.equal(
    chain(packages, 'pcre2'),
    'needed by git-core (libpcre2-8.so.0()(64bit)), needed by git, which no package needs',
  )
  assert.equal(chain(packages, 'dash'), 'needed by git (/usr/bin/sh), which no package needs')
  assert.equal(chain(packages, 'git'), 'which no package needs')
})

test('packages that need each other end it', () => {
  assert.equal(chain(packages, 'egg'), 'needed by hen')
})
