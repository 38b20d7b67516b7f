import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { foreignPlatform, nativePlatform, platforms } from '../lib/settings.ts'
import { temporaryFolder } from '../lib/temporary-folder.ts'
import { outputOf, platformFolder } from '../workspace/outputs.ts'
import { keepOthers, keptOutput, replaceFolder } from './kept.ts'

/** An image's folder with an output for each platform, and what an older layout had beside them. */
function built(): string {
  const dir = temporaryFolder()
  for (const platform of platforms) {
    mkdirSync(outputOf(dir, platform), { recursive: true })
    writeFileSync(join(outputOf(dir, platform), 'what'), platform)
  }
  mkdirSync(join(dir, 'dist', 'oci'))
  writeFileSync(join(dir, 'dist', 'seal.json'), '')
  return dir
}

test('dist/ holds what is asked for and nothing else; the other platform waits as it was', () => {
  const dir = built()
  keepOthers(dir, [nativePlatform])
  assert.deepEqual(readdirSync(join(dir, 'dist')), [platformFolder(nativePlatform)])
  assert.equal(readFileSync(join(keptOutput(dir, foreignPlatform), 'what'), 'utf8'), foreignPlatform)
  keepOthers(dir, platforms)
  assert.deepEqual(readdirSync(join(dir, 'dist')), [platformFolder(nativePlatform)])
})

test('where nothing is built nothing is kept, and a file in the place of dist/ goes', () => {
  const dir = temporaryFolder()
  keepOthers(dir, platforms)
  writeFileSync(join(dir, 'dist'), '')
  keepOthers(dir, platforms)
  assert.equal(existsSync(join(dir, 'dist')), false)
})

test('a folder takes the place of another, wherever that is', () => {
  const dir = built()
  const [from, to] = [outputOf(dir, nativePlatform), outputOf(dir, foreignPlatform)]
  writeFileSync(join(to, 'older'), '')
  replaceFolder(from, to)
  assert.deepEqual([existsSync(from), readdirSync(to)], [false, ['what']])
  const elsewhere = join('/dev/shm', `kept-${process.pid}`)
  replaceFolder(to, elsewhere)
  assert.deepEqual([existsSync(to), readdirSync(elsewhere)], [false, ['what']])
  replaceFolder(elsewhere, to)
  assert.deepEqual([existsSync(elsewhere), readdirSync(to)], [false, ['what']])
})
