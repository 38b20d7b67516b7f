import assert from 'node:assert/strict'
import {
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { execa } from 'execa'
import { message } from './cli.ts'
import { UserError } from './errors.ts'
import { capture } from './run.ts'

const folder = mkdtempSync(join(tmpdir(), 'errors-'))
const at = (name: string) => join(folder, name)
writeFileSync(at('file'), '')
mkdirSync(at('folder'))
symlinkSync('loop', at('loop'))

/** What the system itself refuses, and what is said of it. */
const refusals: Readonly<Record<string, readonly [() => unknown, RegExp]>> = {
  ENOENT: [() => readFileSync(at('none')), /none: no such file or directory: make it/],
  ENOTDIR: [() => readFileSync(at('file/x')), /file\/x: not a directory: a part of its path is a file/],
  EISDIR: [() => openSync(at('folder'), 'w'), /folder: illegal operation on a directory: it is a folder/],
  ELOOP: [() => readFileSync(at('loop')), /loop: too many symbolic links encountered: .*remove one/],
  ENAMETOOLONG: [() => readFileSync(at('x'.repeat(300))), /name too long: move the checkout/],
  ENOSPC: [() => writeFileSync('/dev/full', 'x'), /no space left on device .*: free some/],
  ENOTEMPTY: [() => rmdirSync(folder), /directory not empty \(rmdir\)/],
  EXDEV: [() => renameSync(at('file'), '/dev/shm/errors-test'), /\/dev\/shm\/errors-test: cross-device link/],
}
for (const [code, [act, words]] of Object.entries(refusals)) {
  test(`${code} is told in one line, without a stack`, () => {
    assert.throws(act, error => {
      assert.equal((error as NodeJS.ErrnoException).code, code)
      assert.match(message(error), words)
      assert.match(message(error), /^error: .*$/)
      assert.doesNotMatch(message(error), /another user/)
      return true
    })
  })
}

test('a defect keeps its stack', () => {
  assert.match(message(new TypeError('x is not a function')), /^TypeError: x is not a function\n +at /)
})

test('what others wrote cannot look like a message of ours, nor move the cursor', () => {
  assert.equal(
    message(new UserError('a\x1b[2Jb has\nerror: all is well\n  indented')),
    'error: a\\x1b[2Jb has\n  error: all is well\n  indented',
  )
})

test('a program that is not there, cannot be run, or has no folder to run in is told apart', async () => {
  await assert.rejects(capture({ argv: [at('none')] }), { name: 'UserError', message: /none is not here/ })
  await assert.rejects(capture({ argv: [at('file')] }), {
    name: 'UserError',
    message: /file does not start: perm/,
  })
  await assert.rejects(capture({ argv: ['true'], cwd: at('gone') }), {
    name: 'UserError',
    message: /gone, where true has to run, is gone/,
  })
})

test('a program that a library could not start is named, too', async () => {
  await assert.rejects(execa('no-such-gzip', ['-6']), error => {
    assert.equal(message(error), 'error: no-such-gzip does not start: no such file or directory')
    return true
  })
})
