import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, realpathSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { UserError } from '../lib/errors.ts'
import { readJson } from '../lib/json.ts'
import { blobPath, type Descriptor, findBlob, rebuild } from './blobs.ts'
import type { ImageConfig } from './config.ts'
import { imageConfig, imageIndex, imageManifest } from './schema.ts'

export const mediaTypes = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  tar: 'application/vnd.oci.image.layer.v1.tar',
  gzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
} as const

export interface Manifest {
  readonly schemaVersion: 2
  readonly mediaType: string
  readonly config: Descriptor
  readonly layers: readonly Descriptor[]
}

/** An image in a layout whose blobs may lie in several: its own `dist/` and its parents'. */
export interface LayoutImage {
  readonly digest: string
  readonly manifest: Manifest
  readonly config: ImageConfig
}

/**
 * The image for `platform` (`linux/amd64`) that the first of `layouts` lists; the others are searched for blobs too.
 * Throws UserError when the layout, the platform or a blob is missing or damaged.
 */
export function readImage(layouts: readonly string[], platform: string): LayoutImage {
  const file = join(layouts[0]!, 'index.json')
  if (!existsSync(file)) {
    throw new UserError(`${file} is missing: build the image first, 'npx turbo run build --filter=IMAGE'`)
  }
  const { manifests: entries } = readJson(file, imageIndex, rebuild)
  const names = entries.map(entry => `${entry.platform?.os}/${entry.platform?.architecture}`)
  const entry = entries[names.indexOf(platform)]
  if (!entry)
    throw new UserError(
      `${file} holds ${names.join(', ')}, not ${platform}: build with PLATFORMS=${[...names, platform].join(',')}`,
    )
  const manifest = readJson(findBlob(layouts, entry.digest), imageManifest)
  const config = readJson(findBlob(layouts, manifest.config.digest), imageConfig)
  return { digest: entry.digest, manifest, config }
}

/** Writes a JSON blob and returns its descriptor. */
export function writeJson(layout: string, mediaType: string, value: unknown): Descriptor {
  return writeBlob(layout, mediaType, bytesOf(value))
}

/** Writes a blob and returns its descriptor. */
export function writeBlob(layout: string, mediaType: string, bytes: Buffer): Descriptor {
  const descriptor = describe(mediaType, bytes)
  const path = blobPath(layout, descriptor.digest)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, bytes)
  return descriptor
}

const bytesOf = (value: unknown) => Buffer.from(JSON.stringify(value))

const describeJson = (mediaType: string, value: unknown) => describe(mediaType, bytesOf(value))

const describe = (mediaType: string, bytes: Buffer): Descriptor => ({
  mediaType,
  digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
  size: bytes.length,
})

/** Writes the two files that make a folder of blobs the layout of one image. */
export function writeIndex(layout: string, platform: string, manifest: Descriptor): void {
  const [os, architecture] = platform.split('/')
  const entry = {
    ...manifest,
    platform: { architecture, os },
    // The tag by which an engine is told what to read.
    annotations: { 'org.opencontainers.image.ref.name': 'latest' },
  }
  mkdirSync(layout, { recursive: true })
  writeFileSync(join(layout, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  writeFileSync(
    join(layout, 'index.json'),
    JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.index, manifests: [entry] }),
  )
}

/**
 * Makes a self-contained layout of one platform in `target`, its blobs links to those of `layouts`.
 * @param as the platform that it says it is of: engines look up all that a build names by the platform that is built for
 */
export function assembleLayout(
  layouts: readonly string[],
  platform: string,
  target: string,
  as = platform,
): LayoutImage {
  const image = readImage(layouts, platform)
  linkBlobs(layouts, image, target)
  if (as === platform) writeIndex(target, platform, descriptorOf(image, target))
  else {
    const config = writeJson(target, mediaTypes.config, configAs(image, as))
    writeIndex(target, as, writeJson(target, mediaTypes.manifest, { ...image.manifest, config }))
  }
  return readImage([target], as)
}

/** The digest of the image that `assembleLayout` makes, without making it. */
export function digestAs(layouts: readonly string[], platform: string, as: string): string {
  const image = readImage(layouts, platform)
  if (as === platform) return image.digest
  const config = describeJson(mediaTypes.config, configAs(image, as))
  return describeJson(mediaTypes.manifest, { ...image.manifest, config }).digest
}

function configAs({ config }: LayoutImage, platform: string): ImageConfig {
  const [os, architecture] = platform.split('/') as [string, string]
  return { ...config, os, architecture }
}

function descriptorOf({ digest }: LayoutImage, layout: string): Descriptor {
  return { mediaType: mediaTypes.manifest, digest, size: statSync(blobPath(layout, digest)).size }
}

function linkBlobs(layouts: readonly string[], { digest, manifest }: LayoutImage, target: string): void {
  const layers = manifest.layers.map(layer => layer.digest)
  for (const blob of [digest, manifest.config.digest, ...layers]) {
    // By name: another hard link would change what the disk says of the file, by which it is known to be unchanged.
    const path = blobPath(target, blob)
    mkdirSync(dirname(path), { recursive: true })
    if (!existsSync(path)) symlinkSync(realpathSync(findBlob(layouts, blob)), path)
  }
}
