import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { builtOf } from '../build/dist.ts'
import { perform } from '../lib/run.ts'
import type { Platform } from '../lib/settings.ts'
import { temporaryFolder } from '../lib/temporary-folder.ts'
import { blobPath } from '../oci/blobs.ts'
import { readImage } from '../oci/layout.ts'
import { providedLayout } from '../workspace/outputs.ts'
import { findImage, readWorkspace } from '../workspace/workspace.ts'

/**
 * The lab's RPM repository, of its packages only those named, as files to `add` to a container where its images look
 * for it. For images that are made with `builder`, whose `dist/` is there then.
 */
export async function packagesFrom(platform: string, ...names: string[]): Promise<Record<string, string>> {
  const distro = findImage(readWorkspace(), 'distro')
  const layout = providedLayout(builtOf(distro, platform as Platform), 'repo')
  const { manifest } = readImage([layout], platform)
  const folder = join(temporaryFolder(), 'repo')
  mkdirSync(folder)
  await perform('unpacking the repository', {
    argv: [
      'tar',
      '--extract',
      `--file=${blobPath(layout, manifest.layers[0]!.digest)}`,
      `--directory=${folder}`,
      '--wildcards',
      './repodata',
      ...names.map(name => `./Packages/${name}-[0-9]*.rpm`),
    ],
  })
  return { '/srv/repo': folder }
}
