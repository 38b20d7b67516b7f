import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { chosenEngine } from '../../scripts/lib/settings.ts'
import { readFiles } from '../../scripts/oci/file-list.ts'
import { Workbench } from '../workbench.ts'

let bench: Workbench
before(() => {
  bench = new Workbench('two at once')
  bench.takeDist('distro', 'builder')
  for (const name of ['one', 'two']) {
    bench.addImage(
      `${name}-parent`,
      { devDependencies: { builder: '*' } },
      `FROM builder AS newroot\nRUN mkdir /newroot/etc && echo ${name} > /newroot/etc/name\nFROM scratch\nCOPY --from=newroot /newroot/ /\n`,
    )
    const { exitCode, output } = bench.script('build', [`${name}-parent`])
    assert.equal(exitCode, 0, output)
    bench.addImage(
      name,
      { dependencies: { [`${name}-parent`]: '*' }, devDependencies: { builder: '*' } },
      `FROM ${name}-parent AS parent\nFROM builder AS newroot\nCOPY --from=parent / /newroot/\n` +
        'RUN cp /newroot/etc/name /newroot/etc/copy\nFROM parent\nCOPY --from=newroot /newroot/ /\n',
    )
  }
  // An engine that stops between loading what it builds from and building, until it may go on.
  bench.write(
    'slow/buildah',
    '#!/bin/sh\ncase " $* " in *" build "*) while ! test -e "$GO"; do sleep 0.1; done;; esac\nexec /usr/bin/buildah "$@"\n',
    0o755,
  )
})
after(() => bench.remove())

function start(name: string, env: Record<string, string> = {}) {
  const child = spawn(process.execPath, ['--import', 'tsx', 'scripts/build.ts', '--no-cache', name], {
    cwd: bench.root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', data => (output += data))
  // One that waits for ever is killed, and so has no exit code.
  const timer = setTimeout(() => child.kill('SIGKILL'), 120_000)
  return new Promise<{ exitCode: number | null; output: string }>(resolve =>
    child.once('close', exitCode => {
      clearTimeout(timer)
      resolve({ exitCode, output })
    }),
  )
}

function assertMadeOf(name: string): void {
  const files = readFiles(join(bench.root, 'images', name, 'dist/linux_amd64/files.jsonl'))
  const sha256 = createHash('sha256').update(`${name}\n`).digest('hex')
  for (const path of ['/etc/name', '/etc/copy']) {
    assert.equal(files.find(entry => entry.path === path)?.sha256, sha256, `${path} of ${name}`)
  }
}

test('two builds whose contexts have one name take each its own, whatever happens between loading and building', async () => {
  const go = join(bench.root, 'go')
  const slow = start('one', { PATH: `${join(bench.root, 'slow')}:${process.env.PATH}`, GO: go })
  await sleep(2000)
  const other = await start('two')
  assert.equal(other.exitCode, 0, other.output)
  bench.write('go', '')
  const one = await slow
  assert.equal(one.exitCode, 0, one.output)
  for (const name of ['one', 'two']) assertMadeOf(name)
})

test('a build goes on while somebody adds an image to the storage that it starts from', async () => {
  // As a pull does it, and for as long as the build takes.
  bench.write(
    'locked/buildah',
    `#!/usr/bin/python3
import fcntl, os, sys
if "build" in sys.argv:
    for kind in "layers", "images":
        lock = os.open(f"${bench.root}/work/buildah/root/overlay-{kind}/{kind}.lock", os.O_RDWR)
        fcntl.lockf(lock, fcntl.LOCK_EX)
    if os.fork():
        os._exit(os.waitstatus_to_exitcode(os.wait()[1]))
os.execv("/usr/bin/buildah", sys.argv)
`,
    0o755,
  )
  const { exitCode, output } = await start('one', {
    PATH: `${join(bench.root, 'locked')}:${process.env.PATH}`,
  })
  assert.equal(exitCode, 0, output)
  assertMadeOf('one')
})

test('a build leaves no mount, no folder and no image of its own, and the checkout can be removed', () => {
  const mounts = readFileSync('/proc/mounts', 'utf8').split('\n')
  assert.deepEqual(
    mounts.filter(line => line.includes(`${bench.root}/`)),
    [],
  )
  for (const name of ['one', 'two', 'one-parent']) {
    assert.equal(existsSync(join(bench.root, 'images', name, 'work', 'linux_amd64')), false)
    assert.equal(existsSync(join(bench.root, 'images', name, 'work', 'dist')), false)
  }
})

test('a comma in the path of the checkout is nothing to BuildKit, and an error to buildah, which splits there', () => {
  const other = new Workbench('one, two')
  try {
    other.takeDist('distro', 'builder')
    const { exitCode, output } = other.script('build', ['minimal-base'])
    if (chosenEngine() === 'buildkit') assert.equal(exitCode, 0, output)
    else assert.match(output, /^error: buildah cannot work in .*\/one, two-\w+\/work\/buildah: .* comma/m)
  } finally {
    other.remove()
  }
})
