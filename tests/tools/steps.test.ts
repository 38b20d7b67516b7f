import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { type Step, withSteps } from '../../scripts/testing/steps.ts'

const platform = process.arch === 'arm64' ? 'linux/arm64' : 'linux/amd64'

/** Performs steps here, where a container would. */
async function perform(...steps: Step[]) {
  const { argv, add = {} } = await withSteps({}, steps, platform)
  const [program, ...words] = argv.map(word => add[word] ?? word)
  const { status, stdout, stderr } = spawnSync(program!, words, { encoding: 'utf8' })
  return { status, stdout, stderr }
}

test('steps run in order, with their input, until one is not as it should be', async () => {
  const good = await perform({ run: ['cat'], stdin: 'one\n' }, { run: ['sh', '-c', 'exit 3'], exitCode: 3 })
  assert.deepEqual(good, { status: 0, stdout: 'one\n', stderr: '' })
  const bad = await perform({ run: ['false'] }, { run: ['echo', 'never'] })
  assert.deepEqual(bad, { status: 1, stdout: '', stderr: 'step "false": exit code 1\n' })
})

test('a program that is not there, and one that a signal ends, are failures', async () => {
  assert.match((await perform({ run: ['/no/such'] })).stderr, /No such file.*exit code 127/s)
  assert.match((await perform({ run: ['sh', '-c', 'kill -9 $$'] })).stderr, /exit code 137/)
})

test('a server is asked once it listens, and ended at the end', async () => {
  const server = 'setTimeout(() => require("http").createServer((_, r) => r.end("hi")).listen(18099), 300)'
  const asked = await perform({ spawn: ['node', '-e', server] }, { get: '/', port: 18099 })
  assert.equal(asked.status, 0, asked.stderr)
  assert.match(asked.stdout, /^HTTP\/1.1 200 OK.*hi$/s)
  assert.notEqual(spawnSync('node', ['-e', 'require("http").get("http://127.0.0.1:18099")']).status, 0)
})
