import assert from 'node:assert/strict'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { distros } from '../lib/settings.ts'
import { readDistro } from './distro.ts'

test('every distro has a data file that reads', () => {
  for (const name of distros) assert.match(readDistro(name).release, /\d/)
})

test('an unknown or a missing key is an error that names it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'distro-'))
  const write = (text: string) => writeFileSync(join(folder, 'lab.yaml'), text)
  write('release: 1\nepoch: 5\nnetwork: none\nrelaese: 2\n')
  assert.throws(() => readDistro('lab', folder), /unknown key "relaese"; use release, epoch/)
  write('epoch: 5\nnetwork: none\n')
  assert.throws(() => readDistro('lab', folder), /"release" is missing/)
  write('release: 1\nepoch: today\nnetwork: none\n')
  assert.throws(() => readDistro('lab', folder), /"epoch" is today; use whole seconds/)
})
