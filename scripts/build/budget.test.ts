import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inRepo } from '../lib/paths.ts'
import type { Package } from '../rpm/package.ts'
import type { Image } from '../workspace/workspace.ts'
import { checkBudget, type Spending } from './budget.ts'

const onePackage = (name: string, size: number, path: string): Package => ({
  name,
  version: '1',
  release: '2',
  arch: 'noarch',
  size,
  requires: [],
  provides: [],
  files: [{ path, mode: 0o100755, size, flags: 0 }],
})
const file = (path: string, size: number) =>
  ({ path, size, type: 'file', mode: 0o644, uid: 0, gid: 0 }) as const
const spent: Spending = {
  platform: 'linux/amd64',
  bytes: 5000,
  packages: [onePackage('old', 9000, '/usr/bin/old'), onePackage('new', 3 << 20, '/usr/bin/new')],
  files: [
    file('/usr/bin/old', 9000),
    file('/usr/bin/new', 3 << 20),
    file('/opt/tool', 2048),
    file('/etc/os', 9),
  ],
  before: { what: 'its package list', packages: new Set(['old-1-2.noarch']) },
  parentFiles: new Set(['/etc/os']),
}
const image = (budget: Image['budget']): Image => ({
  name: 'tar',
  dir: inRepo('images/tar'),
  contexts: [],
  recipe: inRepo('images/tar'),
  args: {},
  internal: false,
  toolchain: false,
  first: false,
  provides: {},
  published: { repository: 'tar' },
  ...(budget && { budget }),
})

test('a budget that is kept, or not there, is fine', () => {
  checkBudget(image(undefined), spent)
  checkBudget(image({ bytes: 5000, packages: 2 }), spent)
})

test('one that is exceeded says by how much, and what is new, the biggest first', () => {
  assert.throws(() => checkBudget(image({ bytes: 4000 }), spent), {
    name: 'UserError',
    message:
      'tar for linux/amd64 has 5000 bytes to download, 1000 more than its budget of 4000; against its package list ' +
      'it has new-1-2.noarch (3.0 MiB), /opt/tool (2.0 KiB); leave something out, or raise "budget" in ' +
      'images/tar/package.json',
  })
  assert.throws(
    () => checkBudget(image({ packages: 1 }), spent),
    /has 2 packages, 1 more than its budget of 1;/,
  )
})

test('when nothing is new it says so', () => {
  const same = { ...spent, packages: [], files: [] }
  assert.throws(() => checkBudget(image({ bytes: 1 }), same), /nothing is new against its package list/)
})
