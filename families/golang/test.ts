import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { temporaryFolder } from '../../scripts/lib/temporary-folder.ts'
import { testImage } from '../../scripts/testing/image-test.ts'
import { containersOf, openSubject } from '../../scripts/testing/test-subject.ts'

const { image, run } = await openSubject()
const [, flavour = 'base'] = image.name.split('-')

testImage({
  // git runs scripts.
  shell: true,
  packageManager: flavour !== 'base',
  // What git asks for: openssh, and with it util-linux.
  privileged: ['/usr/bin/mount', '/usr/bin/su', '/usr/bin/umount', '/usr/lib/openssh/ssh-keysign'],
  config: {
    Env: [
      'GOCACHE=/go/.cache/go-build',
      'GOENV=/go/.config/go/env',
      'GOPATH=/go',
      'PATH=/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    ],
    WorkingDir: '/go',
  },
  files: {
    '/go': { type: 'dir', mode: 0o755 },
    '/usr/bin/gcc': flavour === 'gcc' ? 'present' : 'absent',
  },
  run: [
    { name: 'Go is where it says', argv: ['go', 'env', 'GOROOT'], stdout: /^\/usr\/lib\/golang\n?$/ },
    {
      name: 'git, which fetches modules, runs',
      argv: ['git', 'ls-remote', 'file:///nowhere'],
      exitCode: 128,
      stderr: /\/nowhere/,
    },
  ],
})

test('it builds a static program that runs on minimal-base', async () => {
  const program = await build('0', 'package main\nfunc main() { println("static") }\n')
  const { exitCode, stderr } = await containersOf('minimal-base')({
    argv: ['/program'],
    add: { '/program': program },
  })
  assert.deepEqual({ exitCode, stderr: stderr.trim() }, { exitCode: 0, stderr: 'static' })
})

if (flavour === 'gcc') {
  test('it builds a program with C in it that runs on minimal-base-glibc', async () => {
    const program = await build(
      '1',
      `package main

/*
#include <math.h>
#include <stdio.h>
#cgo LDFLAGS: -lm
static void show(double number) { printf("%.0f\\n", sqrt(number)); fflush(stdout); }
*/
import "C"

func main() { C.show(1764) }
`,
    )
    const { exitCode, stdout } = await containersOf('minimal-base-glibc')({
      argv: ['/program'],
      add: { '/program': program },
    })
    assert.deepEqual({ exitCode, stdout: stdout.trim() }, { exitCode: 0, stdout: '42' })
  })
}

/** Compiles a program in a container of the image; returns its path on this machine. */
async function build(cgo: '0' | '1', source: string): Promise<string> {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'main.go'), source)
  const { exitCode, stderr } = await run({
    argv: ['go', 'build', '-o', '/work/program', '/work/main.go'],
    share: { '/work': folder },
    env: { CGO_ENABLED: cgo },
  })
  assert.equal(exitCode, 0, stderr)
  return join(folder, 'program')
}
