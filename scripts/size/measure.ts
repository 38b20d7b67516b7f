import { builtOf, layoutsOf } from '../build/dist.ts'
import { ownersOf } from '../image/owners.ts'
import { groupBy } from '../lib/group-by.ts'
import type { Platform } from '../lib/settings.ts'
import { filesList, readFiles } from '../oci/file-list.ts'
import { readImage } from '../oci/layout.ts'
import type { Package } from '../rpm/package.ts'
import { packageData, readPackageData } from '../rpm/package-data.ts'
import { type Image, lineage } from '../workspace/workspace.ts'

/** What an image weighs, and where. All in bytes. */
export interface Measured {
  readonly image: Image
  /** Compressed, of all layers. */
  readonly download: number
  /** Of all files. */
  readonly installed: number
  readonly packages: readonly Package[]
  /** Each biggest first. */
  readonly by: Readonly<Record<Measure, readonly Part[]>>
}

export const measures = ['layer', 'package', 'directory'] as const
export type Measure = (typeof measures)[number]

export interface Part {
  readonly what: string
  readonly bytes: number
}

/** Throws UserError when the image is not built. */
export function measure(images: ReadonlyMap<string, Image>, image: Image, platform: Platform): Measured {
  const output = builtOf(image, platform)
  const packages = readPackageData(packageData(output))
  const files = readFiles(filesList(output))
  const ownerOf = ownersOf(packages)
  const layers = layersOf(images, image, platform)
  return {
    image,
    download: sum(layers),
    installed: files.reduce((total, { size }) => total + size, 0),
    packages,
    by: {
      layer: layers,
      package: add(
        files.map(({ path, size }) => ({ what: ownerOf(path)?.name ?? '(no package)', bytes: size })),
      ),
      directory: add(files.map(({ path, size }) => ({ what: directoryOf(path), bytes: size }))),
    },
  }
}

/** Each layer by the image that brought it. */
function layersOf(images: ReadonlyMap<string, Image>, image: Image, platform: Platform): Part[] {
  const upwards = lineage(images, image).filter(({ internal }) => !internal)
  const manifests = upwards.map(one => ({
    name: one.name,
    layers: readImage(layoutsOf(images, one, platform), platform).manifest.layers,
  }))
  return manifests[0]!.layers.map(({ digest, size }) => {
    const first = manifests.findLast(({ layers }) => layers.some(layer => layer.digest === digest))!
    return { what: first.name, bytes: size }
  })
}

/** Two levels: below that, it is packages that say more. */
function directoryOf(path: string): string {
  return `/${path.split('/').slice(1, -1).slice(0, 2).join('/')}`
}

function add(parts: readonly Part[]): Part[] {
  return [...groupBy(parts, ({ what }) => what)]
    .map(([what, same]) => ({ what, bytes: sum(same) }))
    .filter(({ bytes }) => bytes > 0)
    .sort((a, b) => b.bytes - a.bytes)
}

const sum = (parts: readonly Part[]) => parts.reduce((total, { bytes }) => total + bytes, 0)
