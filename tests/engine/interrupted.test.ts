import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Workbench } from '../workbench.ts'

let bench: Workbench
before(() => {
  bench = new Workbench('interrupted')
  bench.takeDist('distro', 'builder')
})
after(() => bench.remove())

const image = () => join(bench.root, 'images', 'minimal-base')

/** Starts a build in a process group of its own, as a terminal would, and waits until the engine is at work. */
async function startBuild(): Promise<ChildProcess> {
  const build = spawn(
    process.execPath,
    ['--import', 'tsx', 'scripts/build.ts', '--no-cache', 'minimal-base'],
    {
      cwd: bench.root,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  let output = ''
  for (const stream of [build.stdout, build.stderr]) stream.on('data', data => (output += data))
  for (let tries = 0; tries < 600 && !/install_rpm/.test(output); tries++) await sleep(50)
  assert.match(output, /install_rpm/)
  return build
}

const ended = (build: ChildProcess) =>
  new Promise<number | null>(resolve =>
    build.exitCode === null ? build.once('exit', resolve) : resolve(build.exitCode),
  )

function assertGoodBuild(): void {
  assert.equal(existsSync(join(image(), 'dist')), false, 'the interrupted build left a dist/')
  const { exitCode, output } = bench.script('build', ['minimal-base'])
  assert.equal(exitCode, 0, output)
  rmSync(join(image(), 'dist'), { recursive: true })
}

test('Ctrl-C ends a build with an error, leaves no image, and the next build is good', async () => {
  const build = await startBuild()
  process.kill(-build.pid!, 'SIGINT')
  assert.notEqual(await ended(build), 0)
  assertGoodBuild()
})

test('kill -9 leaves nothing that the next build trusts', async () => {
  const build = await startBuild()
  process.kill(-build.pid!, 'SIGKILL')
  await ended(build)
  assertGoodBuild()
})

test('a full disk is an error that says so, and leaves no image', () => {
  const folder = image()
  const copy = join(bench.root, 'work', 'copy')
  execFileSync('mkdir', ['-p', join(bench.root, 'work')])
  execFileSync('cp', ['-a', folder, copy])
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', folder])
  try {
    execFileSync('cp', ['-a', `${copy}/.`, folder])
    const { exitCode, output } = bench.script('build', ['minimal-base'])
    assert.equal(exitCode, 1, output)
    // In our own words, or in those of the step that came to the end of the disk, which the error quotes.
    assert.match(output, /^error: .*(\n {2}.*)?no space left/im)
    assert.doesNotMatch(output, /^\s+at .*\.ts:/m)
    assert.equal(existsSync(join(folder, 'dist')), false)
  } finally {
    execFileSync('umount', ['--lazy', folder])
    rmSync(copy, { recursive: true })
  }
  assertGoodBuild()
})
