import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { contextImages, workOf } from '../scripts/build/plan.ts'
import { inRepo, repoRoot } from '../scripts/lib/paths.ts'
import { engines, nativePlatform, platforms } from '../scripts/lib/settings.ts'
import { type Image, readWorkspace } from '../scripts/workspace/workspace.ts'

/** The commands of every image, where there is no network, no engine, nor any other program. */
function dryRun(images: ReadonlyMap<string, Image>, distro: string, engine: string): string {
  const build = [
    process.execPath,
    '--import',
    'tsx',
    inRepo('scripts/build.ts'),
    '--dry-run',
    ...images.keys(),
  ]
  return execFileSync('unshare', ['--net', 'env', 'PATH=/nowhere', ...build], {
    cwd: repoRoot,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, DISTRO: distro, ENGINE: engine, PLATFORMS: 'linux/amd64,linux/arm64' },
  })
}

for (const distro of ['al2023', 'lab'] as const) {
  const images = readWorkspace(undefined, distro)
  for (const engine of engines) {
    test(`every image of ${distro} is planned on ${engine}, for both platforms, without it and without a network`, () => {
      const commands = dryRun(images, distro, engine).split('\n')
      for (const image of images.values()) {
        for (const platform of platforms) {
          const work = workOf(image, platform)
          const build = commands.find(line => line.includes(`--file=${join(work, 'Dockerfile')}`))
          assert.ok(build, `${image.name} for ${platform}:\n${commands.join('\n')}`)
          assert.ok(build.includes(`--platform=${platform}`), build)
          for (const name of contextImages(image, platform, { images, toolchain: nativePlatform }).keys())
            assert.match(build, new RegExp(`--build-context=${name}=\\S*contexts/`))
        }
      }
    })
  }
}
