import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { program as buildah } from '../../scripts/build/engines/buildah.ts'
import { docker } from '../../scripts/build/engines/buildkit.ts'
import { repoRoot } from '../../scripts/lib/paths.ts'
import { chosenEngine } from '../../scripts/lib/settings.ts'

const image = 'minimal-base-glibc'
/** Waits for what it reads and hands on what it has read. */
const copy = ['/usr/bin/iconv', '-f', 'latin1', '-t', 'latin1']

const temporary = mkdtempSync(join(tmpdir(), 'run-'))

function run(...argv: string[]) {
  const child = spawn(process.execPath, ['--import', 'tsx', 'scripts/run.ts', image, '--', ...argv], {
    cwd: repoRoot,
    env: { ...process.env, TMPDIR: temporary, TSX_DISABLE_CACHE: '1' },
  })
  const chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[] }
  for (const name of ['stdout', 'stderr'] as const)
    child[name].on('data', (chunk: Buffer) => chunks[name].push(chunk))
  const ended = once(child, 'close').then(([code]) => ({
    code: code as number,
    stdout: Buffer.concat(chunks.stdout),
    stderr: Buffer.concat(chunks.stderr).toString(),
  }))
  return { child, ended }
}

/** Containers and images that the engine keeps, and what lies in the folder for temporary files. */
function left(): string[] {
  const ask = (argv: readonly [string, ...string[]], env = {}) =>
    execFileSync(argv[0], argv.slice(1), { env: { ...process.env, ...env }, encoding: 'utf8' }).split('\n')
  const client = docker()
  const lists =
    chosenEngine() === 'buildah'
      ? [ask([...buildah, 'containers', '--quiet']), ask([...buildah, 'images', '--quiet'])]
      : [
          ask([...client.argv, 'ps', '--all', '--quiet'], client.env),
          ask([...client.argv, 'images', '--quiet'], client.env),
        ]
  return [...lists.flat().filter(Boolean), ...readdirSync(temporary)]
}

/** Resolves once a process of this command line lives in a container. */
async function running(argv: readonly string[]): Promise<void> {
  const line = `${argv.join('\0')}\0`
  const own = readlinkSync('/proc/self/ns/pid')
  const isThere = (pid: string) => {
    try {
      return (
        readFileSync(`/proc/${pid}/cmdline`, 'utf8') === line && readlinkSync(`/proc/${pid}/ns/pid`) !== own
      )
    } catch {
      return false
    }
  }
  while (!readdirSync('/proc').some(isThere)) await setTimeout(50)
}

let atFirst: string[]
before(async () => {
  // buildah keeps images that builds may start from, under their digests.
  await run('/usr/bin/getent', 'passwd').ended
  atFirst = left()
})

test('bytes go in and come out as they are, and nothing stays', async () => {
  const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, index) => (index * 7) % 256))
  const { child, ended } = run(...copy)
  child.stdin.end(bytes)
  const { code, stdout, stderr } = await ended
  assert.deepEqual([code, stderr], [0, ''])
  assert.ok(stdout.equals(bytes), `${stdout.length} bytes`)
  assert.deepEqual(left(), atFirst)
})

test('its exit code and its stderr are ours, without a word of the engine', async () => {
  const { child, ended } = run('/usr/bin/getent', 'passwd', 'none-such')
  child.stdin.end()
  assert.deepEqual(await ended, { code: 2, stdout: Buffer.alloc(0), stderr: '' })
  const wrong = run('/usr/bin/getent', 'none-such')
  wrong.child.stdin.end()
  const { code, stderr } = await wrong.ended
  assert.equal(code, 1)
  assert.match(stderr, /^Unknown database: none-such\n/)
  assert.doesNotMatch(stderr, /Error:/)
})

for (const [signal, expected] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  test(`${signal} ends it, and nothing stays`, async () => {
    const { child, ended } = run(...copy)
    child.stdin.write('x')
    await running(copy)
    child.kill(signal)
    assert.equal((await ended).code, expected)
    assert.deepEqual(left(), atFirst)
  })
}

for (const when of ['the moment it has made anything', 'a little later', 'later still'] as const) {
  test(`told to end ${when}, before it runs, it leaves nothing either`, async () => {
    const { child, ended } = run(...copy)
    while (readdirSync(temporary).length === 0) await setTimeout(1)
    await setTimeout(when === 'a little later' ? 200 : when === 'later still' ? 900 : 0)
    child.kill('SIGTERM')
    await ended
    assert.deepEqual(left(), atFirst)
  })
}
