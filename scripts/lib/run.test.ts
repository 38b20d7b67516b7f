import assert from 'node:assert/strict'
import { test } from 'node:test'
import { perform } from './run.ts'

const says = (...lines: string[]) =>
  perform('building it', {
    argv: [process.execPath, '-e', `console.error(${JSON.stringify(lines.join('\n'))}); process.exit(3)`],
  })

test('a step that fails is told with the last lines that say why', async () => {
  await assert.rejects(says('error: one', 'all is well', 'error: two'), {
    name: 'UserError',
    message: 'building it failed with exit code 3:\n  error: one\n  error: two',
  })
})

test('a full disk is told before all that it made fail', async () => {
  const after = Array.from({ length: 9 }, (_, index) => `error: ${index}`)
  for (const full of ['cp: x: No space left on device', 'error: database or disk is full'])
    await assert.rejects(says(full, ...after), (error: Error) => {
      assert.equal(error.message.split('\n')[1], `  ${full}`)
      return true
    })
})
