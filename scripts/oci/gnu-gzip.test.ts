import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { temporaryFolder } from '../lib/temporary-folder.ts'

/** A PATH on which the first gzip is another program of that name. */
function pathWith(said: string, ...rest: string[]): string {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'gzip'), `#!/bin/sh\necho '${said}'\n`)
  chmodSync(join(folder, 'gzip'), 0o755)
  return [folder, ...rest].join(':')
}

function found(path: string) {
  const script = `import { gnuGzip } from '${import.meta.dirname}/gnu-gzip.ts'; console.log(gnuGzip())`
  return spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    env: { ...process.env, PATH: path },
    encoding: 'utf8',
  })
}

test('what is called gzip and is another program is passed over, however it is called', () => {
  const real = execFileSync('sh', ['-c', 'command -v gzip'], { encoding: 'utf8' }).trim()
  for (const said of ['pigz 2.6', 'Apple gzip 448.0.3', 'BusyBox v1.36.1', 'gzip 1.12']) {
    assert.equal(found(pathWith(said, '/nonexistent', process.env.PATH!)).stdout.trim(), real, said)
  }
})

test('without GNU gzip nothing is compressed, and one line says why', () => {
  const { stderr, status } = found(pathWith('pigz 2.6'))
  assert.equal(status, 1)
  assert.match(stderr, /UserError: no gzip on PATH is GNU gzip/)
})
