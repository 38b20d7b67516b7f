import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { arch } from 'node:os'
import { test } from 'node:test'
import { parseElf } from '../../scripts/image/elf.ts'
import { compileDynamic, compileStatic } from '../../scripts/testing/probe.ts'

const platform = `linux/${arch() === 'x64' ? 'amd64' : arch()}`
const source = '#include <stdio.h>\nint main(void) { return puts("hello") < 0; }\n'

test('a static program needs nothing', async () => {
  const program = await compileStatic(source, platform)
  assert.equal(parseElf(readFileSync(program))?.isStatic, true)
  assert.equal(execFileSync(program, { encoding: 'utf8' }), 'hello\n')
})

test('a dynamic program needs a loader and libc', async () => {
  const elf = parseElf(readFileSync(await compileDynamic(source, platform)))
  assert.deepEqual(elf?.needed, ['libc.so.6'])
  assert.match(elf.interpreter ?? '', /^\/lib.*ld-linux/)
})

test('what does not compile says why', async () => {
  await assert.rejects(compileStatic('int main(', platform), {
    name: 'UserError',
    message: /gcc failed.*error:/s,
  })
})

test('a platform without a compiler is named', async () => {
  await assert.rejects(compileStatic(source, 'linux/s390x'), { name: 'UserError', message: /linux\/s390x/ })
})
