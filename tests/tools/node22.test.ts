import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { repoRoot } from '../../scripts/lib/paths.ts'

test('Node 22 runs the scripts as they are, without tsx', () => {
  const folder = mkdtempSync(join(tmpdir(), 'node22-'))
  const name = `node-linux-${process.arch}`
  execFileSync('npm', ['install', '--no-save', '--prefix', folder, `${name}@22`], { stdio: 'pipe' })
  const node = join(folder, 'node_modules', name, 'bin/node')
  assert.match(execFileSync(node, ['--version'], { encoding: 'utf8' }), /^v22\./)
  const run = (...args: string[]) =>
    execFileSync(node, args, {
      cwd: repoRoot,
      encoding: 'utf8',
      env: { ...process.env, ENGINE: 'buildah', DISTRO: 'lab' },
    })
  assert.match(run('scripts/build.ts', 'minimal-base', '--dry-run'), /buildah .*build /)
  for (const script of ['setup', 'test', 'run', 'quickstart', 'bench', 'test-all', 'check']) {
    assert.match(run(`scripts/${script}.ts`, '--help'), /^Usage: /)
  }
})
