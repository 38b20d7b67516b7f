import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { withLock } from './lock.ts'

const file = () => join(mkdtempSync(join(tmpdir(), 'lock-')), 'a', 'lock')

test('a second holder is turned away with the first one’s process id, and the lock goes with the action', async () => {
  const lock = file()
  await withLock(lock, 'building x', async () => {
    const second = withLock(lock, 'building x', async () => {})
    await assert.rejects(second, new RegExp(`building x is already under way in process ${process.pid}`))
    assert.ok(existsSync(lock))
  })
  assert.ok(!existsSync(lock))
})

test('the lock of a process that is gone is taken over', async () => {
  const lock = file()
  await withLock(lock, 'x', async () => {})
  writeFileSync(lock, '4194305')
  assert.equal(await withLock(lock, 'x', async () => 'done'), 'done')
})
