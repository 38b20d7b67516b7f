import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { lstatSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { makeMulticall } from '../../images/distro/lab/multicall.ts'
import { parseElf } from '../../scripts/image/elf.ts'
import { temporaryFolder } from '../../scripts/lib/temporary-folder.ts'

const program = '/usr/bin/many'
const source = `
#include <stdio.h>
int main(int argc, char **argv) {
  for (int i = 0; i < argc; i++) printf("%s;", argv[i]);
  return argc;
}`

/** A tree whose programs, linked with libm, print what they were called with and return how much that is. */
async function made(): Promise<string> {
  const home = temporaryFolder()
  const tree = join(home, 'tree')
  for (const folder of ['usr/bin', 'usr/sbin']) mkdirSync(join(tree, folder), { recursive: true })
  writeFileSync(join(home, 'show.c'), source)
  for (const path of ['usr/bin/show', 'usr/bin/[', 'usr/sbin/other'])
    execFileSync('gcc', ['-o', join(tree, path), join(home, 'show.c'), '-Wl,--no-as-needed', '-lm'])
  symlinkSync('show', join(tree, 'usr/bin/alias'))
  const run = async ([command = '', ...args]: string[]) => execFileSync(command, args, { encoding: 'utf8' })
  assert.equal(await makeMulticall(program, home, 'gcc', { root: '/', identity: '', run }), program)
  return tree
}

let tree: string
before(async () => {
  tree = await made()
})

const many = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(join(tree, program), args, { encoding: 'utf8' })
  return { status, stdout, stderr }
}

test('each program is a script of the one, as the container of Amazon Linux 2023 has them', () => {
  for (const path of ['usr/bin/show', 'usr/bin/[', 'usr/sbin/other']) {
    const name = path.slice(path.lastIndexOf('/') + 1)
    assert.equal(readFileSync(join(tree, path), 'utf8'), `#!${program} --coreutils-prog-shebang=${name}\n`)
    assert.equal(lstatSync(join(tree, path)).mode, 0o100555)
  }
  assert.ok(lstatSync(join(tree, 'usr/bin/alias')).isSymbolicLink())
})

test('the one is linked with what the programs are linked with', () => {
  const needed = parseElf(readFileSync(join(tree, program)))?.needed
  assert.deepEqual([...needed!].sort(), ['libc.so.6', 'libm.so.6'])
})

test('it runs them by their names, whether Linux calls it for a script or somebody by an option', () => {
  for (const args of [['--coreutils-prog-shebang=[', '/usr/bin/['], ['--coreutils-prog=[']])
    assert.deepEqual(many(...args, '1', ']'), { status: 3, stdout: '[;1;];', stderr: '' })
})

test('it says what it has, and in one line what it has not', () => {
  const { status, stdout } = many('--help')
  assert.deepEqual([status, stdout.split('\n')[1]], [0, 'Programs: [ show other'])
  assert.deepEqual(many('--coreutils-prog=gone'), {
    status: 1,
    stdout: '',
    stderr: "coreutils: unknown program 'gone'\n",
  })
})

test('its bytes do not depend on where it is made', async () => {
  const [one, other] = [tree, await made()].map(root => readFileSync(join(root, program)))
  assert.ok(one!.equals(other!))
})
