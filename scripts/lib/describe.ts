import { join } from 'node:path'
import { filesList, readFiles } from './finish.ts'
import { readImage } from './oci/layout.ts'
import { layoutsOf, platformFolder } from './plan.ts'
import type { Platform } from './settings.ts'
import type { Image } from './workspace.ts'

/** A built image in a few lines: digest, sizes, packages. */
export async function describeImage(
  images: ReadonlyMap<string, Image>,
  image: Image,
  platform: Platform,
): Promise<string> {
  const { digest, manifest } = readImage(layoutsOf(images, image), platform)
  const files = readFiles(filesList(join(image.dir, 'dist'), platformFolder(platform)))
  const layers = manifest.layers.map(({ size }) => megabytes(size))
  const rows = [
    ['image', `${image.name} ${platform}`],
    ['digest', digest],
    [
      'download',
      `${megabytes(manifest.layers.reduce((sum, { size }) => sum + size, 0))} (layers: ${layers.join(', ')})`,
    ],
    [
      'installed',
      `${megabytes(files.reduce((sum, { size }) => sum + size, 0))} in ${files.length} files and folders`,
    ],
  ]
  return rows.map(([what, value]) => `${what!.padEnd(11)}${value}`).join('\n')
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`
