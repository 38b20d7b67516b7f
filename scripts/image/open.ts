import { join } from 'node:path'
import { layoutsOf } from '../build/dist.ts'
import { UserError } from '../lib/errors.ts'
import type { Platform } from '../lib/settings.ts'
import { temporaryFolder } from '../lib/temporary-folder.ts'
import { applyLayers } from '../oci/apply.ts'
import { findBlob } from '../oci/blobs.ts'
import { uncompressed } from '../oci/gzip.ts'
import { readImage } from '../oci/layout.ts'
import { contentOf, listFiles, type Node } from '../oci/rootfs.ts'
import type { Image } from '../workspace/workspace.ts'
import type { BuiltImage } from './built-image.ts'
import { resolvePath } from './resolve.ts'

/** Opens a built image for reading. */
export function openImage(
  images: ReadonlyMap<string, Image>,
  image: Image,
  platform: Platform,
): Promise<BuiltImage> {
  return openLayouts(image.name, layoutsOf(images, image, platform), platform)
}

/**
 * Opens the image that the first of `layouts` lists: every blob is verified, every layer applied. Its content is kept in
 * a temporary folder that is removed when the process ends.
 */
export async function openLayouts(
  name: string,
  layouts: readonly string[],
  platform: Platform,
): Promise<BuiltImage> {
  const { digest, config, manifest } = readImage(layouts, platform)
  const folder = temporaryFolder()
  const layers = await Promise.all(
    manifest.layers.map((layer, index) =>
      uncompressed(
        findBlob(layouts, layer.digest),
        join(folder, `${index}.tar`),
        `${name}, layer ${index + 1} of ${manifest.layers.length}`,
      ),
    ),
  )
  const rootfs = applyLayers(layers, name)
  const files = new Map(listFiles(rootfs).map(entry => [entry.path, entry]))
  return {
    name,
    platform,
    digest,
    config,
    layerSizes: manifest.layers.map(({ size }) => size),
    files,
    read: path => readContent(rootfs.get(resolvePath(files, path)?.path ?? ''), name, path),
  }
}

function readContent(node: Node | undefined, name: string, path: string): Buffer {
  if (node?.header.flag !== '0') throw new UserError(`${name} has no file ${path}`)
  return contentOf(node)
}
