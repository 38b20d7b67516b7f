import assert from 'node:assert/strict'
import { readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { installScanner, trivy } from '../../scripts/testing/scanner.ts'

test('the scanner is installed again when a byte of it has changed, and only then', async () => {
  await installScanner()
  const [{ ino, atime, mtime }, content] = [statSync(trivy), readFileSync(trivy)]
  await installScanner()
  assert.equal(statSync(trivy).ino, ino)
  const damaged = Buffer.from(content)
  damaged[damaged.length >> 1]! ^= 1
  writeFileSync(trivy, damaged)
  utimesSync(trivy, atime, mtime)
  await installScanner()
  assert.deepEqual(readFileSync(trivy), content)
})
