import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { withLock } from './lock.ts'

function file(content?: string): string {
  const lock = join(mkdtempSync(join(tmpdir(), 'lock-')), 'a', 'lock')
  if (content !== undefined) {
    mkdirSync(dirname(lock))
    writeFileSync(lock, content)
  }
  return lock
}

test('a second holder is told who has it since when, to wait and no more, and the lock goes with the action', async () => {
  const lock = file()
  await withLock(lock, 'building x', async () => {
    const words = `^building x is already under way in process ${process.pid} since [\\d:]{8} UTC: wait until it is done$`
    await assert.rejects(
      withLock(lock, 'building x', async () => {}),
      { name: 'UserError', message: new RegExp(words) },
    )
    assert.ok(existsSync(lock))
  })
  assert.ok(!existsSync(lock))
})

test('it goes with an action that fails', async () => {
  const lock = file()
  const failing = withLock(lock, 'x', () => Promise.reject(new Error('no')))
  await assert.rejects(failing, /^Error: no$/)
  assert.equal(await withLock(lock, 'x', async () => 'done'), 'done')
})

const old = JSON.stringify({ pid: process.ppid, host: 'elsewhere', since: '2020-01-01T00:00:00Z' })
const leftBehind = {
  'of a process that is gone': '4194305',
  'with nothing in it': '',
  'with garbage in it': '\0\xff{',
  'with the number of a stranger': String(process.ppid),
  'of another machine': old,
}
for (const [what, content] of Object.entries(leftBehind)) {
  test(`a lock that nobody holds, ${what}, is taken`, async () => {
    const lock = file(content)
    assert.equal(await withLock(lock, 'x', async () => 'done'), 'done')
  })
}
