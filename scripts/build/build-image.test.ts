import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { readDistro } from '../workspace/distro.ts'
import { findImage, readWorkspace } from '../workspace/workspace.ts'
import { buildImage, dryRun } from './build-image.ts'
import { buildah } from './engines/buildah.ts'

/** Plans the build of an image whose folder holds these files, and builds it: neither gets as far as the engine. */
async function assertRefused(files: Readonly<Record<string, string>>, message: RegExp): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'build-image-'))
  mkdirSync(join(root, 'a'))
  for (const [name, content] of Object.entries(files)) writeFileSync(join(root, 'a', name), content)
  const images = readWorkspace(root)
  const settings = {
    images,
    distro: readDistro('lab'),
    engine: buildah,
    platforms: ['linux/amd64'] as const,
    toolchain: 'linux/amd64' as const,
    noCache: false,
  }
  await assert.rejects(dryRun(findImage(images, 'a'), settings), { name: 'UserError', message })
  await assert.rejects(buildImage(findImage(images, 'a'), settings), { name: 'UserError', message })
  rmSync(root, { recursive: true })
}

test('a folder without a Dockerfile is one line', () =>
  assertRefused(
    { 'package.json': '{"name": "a"}' },
    /^\S+\/a\/Dockerfile is missing: it is the recipe of a$/,
  ))

test('a program that prepares nothing is one line', () =>
  assertRefused(
    { 'package.json': '{"name": "a", "image": {"prepare": "x.ts"}}', 'x.ts': 'export const other = 1\n' },
    /^\S+\/a\/x.ts has to export the functions contexts and prepare of [^\n]*$/,
  ))
