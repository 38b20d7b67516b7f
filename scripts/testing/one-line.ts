import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { temporaryFolder } from '../lib/temporary-folder.ts'
import { type Limits, usualLimits } from '../registry/limits.ts'
import { pull } from '../registry/pull.ts'
import { type Handler, scriptedRegistry, type smallImage } from './scripted-registry.ts'

/** What a registry answers, and the one line that is to be said of it; `other` are answers at further paths. */
export type Row = readonly [
  what: string,
  answers: Parameters<typeof scriptedRegistry>[0],
  message: RegExp,
  other?: Record<string, Handler>,
]

/** Nobody waits for bounds here; what they are is of no matter to whether they hold. */
const limits: Limits = {
  ...usualLimits,
  silence: 5000,
  window: 100,
  slowest: 1000,
  end: 8000,
  longest: 8000,
  tries: 3,
  pause: 2,
}
const impatient = { ...limits, silence: 150 }

/** A test for each row: pulling ends soon, with one harmless line. */
export function testOneLine(about: string, image: ReturnType<typeof smallImage>, rows: readonly Row[]): void {
  const folder = temporaryFolder()
  describe(`one line for ${about}`, { concurrency: 8 }, () => {
    for (const [what, answers, message, other] of rows) {
      test(what, async () => {
        const registry = await scriptedRegistry(answers, image, other)
        const options = { limits: message.source.includes('no word') ? impatient : limits, files: [] }
        const layout = mkdtempSync(join(folder, 'layout-'))
        try {
          await assert.rejects(pull(registry.reference, 'linux/amd64', layout, options), error => {
            const { name, message: text, stack } = error as Error
            assert.equal(name, 'UserError', stack)
            assert.match(text, message)
            assert.match(text, /^[ -~…]{10,500}$/)
            assert.doesNotMatch(text, /secret/)
            return true
          })
        } finally {
          registry.stop()
        }
      })
    }
  })
}
