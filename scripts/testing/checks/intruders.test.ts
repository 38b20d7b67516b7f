import assert from 'node:assert/strict'
import { test } from 'node:test'
import { imageOfFiles } from './directory-image.ts'
import { explained } from './intruders.ts'
import { privileges } from './permissions.ts'
import { noShell } from './programs.ts'

test('a shell that the recipe made is of no package', async () => {
  const image = imageOfFiles({ '/usr/bin/sh': '' })
  assert.deepEqual(await explained(noShell)(image, {}), ['/usr/bin/sh is a shell: of no package'])
  assert.deepEqual(await explained(noShell)(image, { shell: true }), [])
})

test('of what should be there and is not, nothing more is said', async () => {
  const problems = await explained(privileges)(imageOfFiles({}), { privileged: ['/usr/bin/su'] })
  assert.deepEqual(problems, [
    '/usr/bin/su should be privileged, but has neither setuid, setgid nor capabilities',
  ])
})
