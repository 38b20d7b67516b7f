import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { UserError } from '../lib/errors.ts'

/** What is wrong, the content of the file, and what the error says. */
export type Row = readonly [what: string, input: string, pattern: RegExp]

/**
 * A test for each row: `read`, given a folder in which `file` has the row's content, throws a UserError of one line that
 * names the file and matches the pattern.
 */
export function refusedEach(file: string, read: (folder: string) => unknown, rows: readonly Row[]): void {
  for (const [what, input, pattern] of rows) {
    test(`refused in one line: ${file}: ${what}`, () => {
      const folder = mkdtempSync(join(tmpdir(), 'refused-'))
      try {
        writeFileSync(join(folder, file), input)
        assert.throws(
          () => read(folder),
          error => {
            assert.ok(error instanceof UserError, `${error}`)
            assert.match(error.message, pattern)
            assert.doesNotMatch(error.message, /\p{Cc}/u)
            assert.ok(error.message.includes(file), error.message)
            return true
          },
        )
      } finally {
        rmSync(folder, { recursive: true })
      }
    })
  }
}
