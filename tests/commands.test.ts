import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { layoutsOf } from '../scripts/build/dist.ts'
import { engineOf } from '../scripts/build/engines/index.ts'
import { inRepo } from '../scripts/lib/paths.ts'
import { chosenEngine } from '../scripts/lib/settings.ts'
import { assembleLayout } from '../scripts/oci/layout.ts'
import { findImage, readWorkspace } from '../scripts/workspace/workspace.ts'

const folder = mkdtempSync(join(tmpdir(), 'commands-'))
after(() => rmSync(folder, { recursive: true, force: true }))

test('the in-image commands keep their contract, inside the builder', async () => {
  const tests = inRepo('images/builder/commands/tests')
  const fixture = join(folder, 'fixture')
  execFileSync('/usr/bin/python3', ['-B', join(tests, 'real_fixture.py'), fixture])
  const images = readWorkspace()
  const layout = join(folder, 'oci')
  assembleLayout(layoutsOf(images, findImage(images, 'builder'), 'linux/amd64'), 'linux/amd64', layout)
  // At once, as a container has one core's worth to do.
  const runs = ['real.py', 'real_[!cf]*.py'].map(pattern =>
    engineOf[chosenEngine()].run(layout, 'linux/amd64', {
      argv: ['python3', '-m', 'unittest', 'discover', '-v', '-s', '/tests', '-p', pattern],
      add: { '/tests': tests, '/fixture': fixture },
    }),
  )
  for (const { exitCode, stderr } of await Promise.all(runs)) {
    // Python's own report: `npm test` counts the tests in it.
    console.log(stderr)
    assert.equal(exitCode, 0)
  }
})
