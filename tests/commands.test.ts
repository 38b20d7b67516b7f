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
  assembleLayout(layoutsOf(images, findImage(images, 'builder')), 'linux/amd64', layout)
  const { exitCode, stderr } = await engineOf[chosenEngine()].run(layout, 'linux/amd64', {
    argv: ['python3', '-m', 'unittest', 'discover', '-v', '-s', '/tests', '-p', 'real*.py'],
    add: { '/tests': tests, '/fixture': fixture },
  })
  // Python's own report: `npm test` counts the tests in it.
  console.log(stderr)
  assert.equal(exitCode, 0)
})
