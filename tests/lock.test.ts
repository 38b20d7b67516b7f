import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { withLock } from '../scripts/lib/lock.ts'
import { inRepo } from '../scripts/lib/paths.ts'

function file(content?: string): string {
  const lock = join(mkdtempSync(join(tmpdir(), 'lock-')), 'lock')
  if (content !== undefined) writeFileSync(lock, content)
  return lock
}

/** A process that says `held` or `turned away` to each lock that it is sent, and lets go at the next line. */
const worker = `
  import { createInterface } from 'node:readline'
  import { withLock } from '${inRepo('scripts/lib/lock.ts')}'
  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
  for (;;) {
    const { value, done } = await lines.next()
    if (done) break
    const hold = async () => { console.log('held'); await lines.next() }
    await withLock(value, 'x', hold).catch(async error => {
      console.log('turned away: ' + error.message)
      await lines.next()
    })
  }`
const workerArgs = ['--import', 'tsx', '--input-type=module', '-e', worker]

function startWorker() {
  const child = spawn(process.execPath, workerArgs, { cwd: inRepo(), stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    child: child as ChildProcess,
    send: (line: string) => child.stdin.write(`${line}\n`),
    answer: async () => String((await lines.next()).value),
  }
}

test('the lock of a process that was killed and is not reaped yet is taken', async () => {
  const lock = file()
  // What sh has become waits for no child.
  const script = `exec 3<&0; '${process.execPath}' "$@" <&3 & echo $! >&2; exec sleep 60`
  const child = spawn('sh', ['-c', script, 'sh', ...workerArgs], { cwd: inRepo(), stdio: 'pipe' })
  try {
    const said = once(child.stderr, 'data')
    const pid = Number(String((await said)[0]))
    child.stdin.write(`${lock}\n`)
    assert.match(String((await once(child.stdout, 'data'))[0]), /held/)
    await assert.rejects(
      withLock(lock, 'x', async () => {}),
      new RegExp(`process ${pid} `),
    )
    process.kill(pid, 'SIGKILL')
    const state = () => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]![0]
    while (state() !== 'Z') execFileSync('sleep', ['0.01'])
    assert.equal(await withLock(lock, 'x', async () => 'done'), 'done')
  } finally {
    child.kill()
  }
})

test('of two that find a lock left behind one holds it, 300 times out of 300', async () => {
  const workers = [startWorker(), startWorker()]
  try {
    for (let round = 0; round < 300; round++) {
      const lock = file('4194305')
      for (const { send } of workers) send(lock)
      const answers = await Promise.all(workers.map(({ answer }) => answer()))
      assert.equal(answers.filter(said => said === 'held').length, 1, answers.join('; '))
      for (const { send } of workers) send('go on')
    }
  } finally {
    for (const { child } of workers) child.kill()
  }
})

test('of many that come and go there is never more than one holder', async () => {
  const lock = file()
  const workers = [startWorker(), startWorker(), startWorker()]
  let holders = 0
  let held = 0
  const visit = async ({ send, answer }: (typeof workers)[number]) => {
    for (let round = 0; round < 60; round++) {
      send(lock)
      const isHolder = (await answer()) === 'held'
      holders += isHolder ? 1 : 0
      held += isHolder ? 1 : 0
      assert.ok(holders <= 1)
      await new Promise(resolve => setImmediate(resolve))
      holders -= isHolder ? 1 : 0
      send('go on')
    }
  }
  try {
    await Promise.all(workers.map(visit))
    assert.ok(held > 0)
  } finally {
    for (const { child } of workers) child.kill()
  }
})
