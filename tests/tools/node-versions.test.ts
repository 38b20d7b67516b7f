import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { repoRoot } from '../../scripts/lib/paths.ts'
import { environmentOf, type NodeVersion, nodeVersions } from '../../scripts/testing/node-versions.ts'

/** Standard output of a command that has to succeed. */
function run(version: NodeVersion, ...args: string[]): string {
  const env = { ...environmentOf(version), ENGINE: 'buildah', DISTRO: 'lab' }
  const { status, stdout, stderr } = spawnSync('node', args, {
    cwd: repoRoot,
    env,
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  })
  assert.equal(status, 0, `${stdout}${stderr}`)
  return stdout
}

for (const version of nodeVersions) {
  // What 20 cannot, later ones can: they read TypeScript as it is.
  const ways = version.startsWith('20.') ? [['--import', 'tsx']] : [['--import', 'tsx'], []]

  test(`Node.js ${version} runs the scripts${ways.length > 1 ? ', with tsx and without' : ''}`, () => {
    assert.equal(run(version, '--version').trim(), `v${version}`)
    for (const way of ways) {
      assert.match(run(version, ...way, 'scripts/build.ts', 'minimal-base', '--dry-run'), /buildah .*build /)
      for (const verb of [
        'build',
        'setup',
        'test',
        'run',
        'quickstart',
        'bench',
        'test-all',
        'check',
        'diff',
      ]) {
        assert.match(run(version, ...way, `scripts/${verb}.ts`, '--help'), /^Usage: /)
      }
    }
  })

  // By the one that runs all this they were run before.
  if (version === process.versions.node) continue
  test(`Node.js ${version} passes the unit tests`, () => {
    const output = run(version, '--import', 'tsx', 'scripts/check.ts', '--only', 'unit tests')
    assert.match(output, /ℹ pass [1-9]\d\d/)
    assert.match(output, /ℹ fail 0/)
  })
}
