import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { program } from '../../scripts/build/engines/buildah.ts'
import { docker } from '../../scripts/build/engines/buildkit.ts'
import { chosenEngine } from '../../scripts/lib/settings.ts'
import { Workbench } from '../workbench.ts'

let bench: Workbench
before(() => {
  bench = new Workbench('storage')
})
after(() => bench.remove())

const build = () => bench.turboBuild('minimal-base-glibc')
const glibc = () => bench.image('minimal-base-glibc')

test('after dist/ and the engine’s storage are gone, a hit restores the image and it runs', () => {
  const first = build()
  assert.equal(first.exitCode, 0, first.output)
  const { digest } = glibc()
  for (const name of readdirSync(join(bench.root, 'images'))) {
    rmSync(join(bench.root, 'images', name, 'dist'), { recursive: true, force: true })
  }
  emptyEngine()
  const second = build()
  assert.match(second.output, /FULL TURBO/)
  assert.equal(glibc().digest, digest)
  const ran = bench.script('run', ['minimal-base-glibc', '--', '/usr/bin/getent', 'passwd', 'nonroot'])
  assert.match(ran.output, /^nonroot:x:65532:65532/)
})

/** Removes all that the engine holds: the storages below work/ are the workshop's own. */
function emptyEngine(): void {
  const commands =
    chosenEngine() === 'buildah'
      ? [
          [...program, 'rm', '--all'],
          [...program, 'rmi', '--all', '--force'],
        ]
      : [
          docker('buildx', 'prune', '--all', '--force').argv,
          docker('system', 'prune', '--all', '--force').argv,
        ]
  for (const [name, ...args] of commands)
    execFileSync(name!, args, { env: { ...process.env, ...docker().env } })
}
