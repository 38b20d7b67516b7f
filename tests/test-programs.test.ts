import assert from 'node:assert/strict'
import { mkdtempSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { needProgram } from '../scripts/setup/test-programs.ts'

const path = process.env.PATH
const folder = mkdtempSync(join(tmpdir(), 'path-'))
before(() => {
  process.env.PATH = folder
})
after(() => {
  process.env.PATH = path
})

test('a test says which program it lacks, and what installs it', () => {
  assert.throws(() => needProgram('openssl'), {
    name: 'UserError',
    message: "tests need openssl: run 'npm run setup', or 'apt-get install openssl' as root",
  })
  symlinkSync('/bin/true', join(folder, 'openssl'))
  needProgram('openssl')
})
