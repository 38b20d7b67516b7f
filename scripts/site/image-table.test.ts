import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { readWorkspace } from '../workspace/workspace.ts'
import { imageTable } from './image-table.ts'

const root = mkdtempSync(join(tmpdir(), 'image-table-'))
after(() => rmSync(root, { recursive: true, force: true }))

function add(name: string, dockerfile: string, more = {}): void {
  mkdirSync(join(root, 'images', name), { recursive: true })
  writeFileSync(join(root, 'images', name, 'package.json'), JSON.stringify({ name, ...more }))
  writeFileSync(join(root, 'images', name, 'Dockerfile'), dockerfile)
}

test('purpose and user are what the Dockerfile says, however it is written', () => {
  add('base', '# escape=`\n# What a program\n#   needs: files.\nFROM scratch\nUSER 0:0\n')
  add('child', '#For others.\nFROM base AS x\nuser \\\n  1000\nFROM base\nRUN <<E\nUSER 7\nE\n', {
    dependencies: { base: '*' },
  })
  add('own', '# Its own.\nARG B=base\nFROM $B AS x\nARG WHO=nobody\n  USER $WHO\nFROM X\n', {
    dependencies: { base: '*' },
  })
  const rows = imageTable(readWorkspace(join(root, 'images')), ({ name }) => `of ${name}`)
    .split('\n')
    .slice(2, 5)
  const cells = rows.map(row => row.split(' | ').slice(2, 4))
  assert.ok(rows.every((row, index) => row.endsWith(`| of ${['base', 'child', 'own'][index]} |`)))
  assert.deepEqual(cells, [
    ['What a program needs', 'root'],
    ['For others', 'root'],
    ['Its own', 'nobody'],
  ])
})
