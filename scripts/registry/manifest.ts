import type { Descriptor } from '../oci/blobs.ts'
import { type Manifest, mediaTypes } from '../oci/layout.ts'
import { quoted, RegistryError } from './errors.ts'
import type { Limits } from './limits.ts'

/** An entry of an index, as far as it says so. */
export interface Entry {
  readonly mediaType: string
  readonly digest: string
  readonly platform?: { readonly os: string; readonly architecture: string; readonly variant: string }
}

/** A layer may lie elsewhere, too. */
export type Layer = Descriptor & { readonly urls: readonly string[] }
export type ImageManifest = Omit<Manifest, 'layers'> & { readonly layers: readonly Layer[] }

const docker = 'application/vnd.docker.distribution.manifest'
export const indexTypes: readonly string[] = [mediaTypes.index, `${docker}.list.v2+json`]
const manifestTypes: readonly string[] = [mediaTypes.manifest, `${docker}.v2+json`]
const layerType =
  /^application\/vnd\.(oci\.image\.layer(\.nondistributable)?\.v1\.tar|docker\.image\.rootfs(\.foreign)?\.diff\.tar)([+.](gzip|zstd))?$/

type Fields = Readonly<Record<string, unknown>>

/** What a registry sent as manifest: an index, or the manifest of one image. Throws RegistryError, which names `name`. */
export function parseManifest(
  bytes: Buffer,
  contentType: string,
  name: string,
  limits: Limits,
): { index: readonly Entry[] } | { manifest: ImageManifest } {
  const value = parseObject(bytes, name, 'a manifest')
  const type = typeof value.mediaType === 'string' ? value.mediaType : contentType
  if (value.schemaVersion === 1) {
    throw wrong(
      name,
      'its manifest is of docker schema 1, which has no digests of layers: push it with a newer docker',
    )
  }
  const [hasManifests, hasLayers] = [value.manifests !== undefined, value.layers !== undefined]
  // Tools would differ in what it is, and so in what they run.
  if (hasManifests && hasLayers)
    throw wrong(name, 'its manifest has both layers and manifests: it must have one')
  const known = [...indexTypes, ...manifestTypes].includes(type)
  if (indexTypes.includes(type) || (!known && hasManifests)) return { index: parseIndex(value, name) }
  if (known || hasLayers) return { manifest: parseImage(value, name, limits) }
  throw wrong(name, `it is no image, but ${type ? quoted(type) : 'JSON of another kind'}`)
}

/** A JSON object out of bytes of a registry. */
export function parseObject(bytes: Buffer, name: string, what: string): Fields {
  try {
    const value = JSON.parse(bytes.toString()) as unknown
    if (isObject(value)) return value
  } catch {
    throw wrong(name, `the registry sent ${what} that is not JSON`)
  }
  throw wrong(name, `the registry sent ${what} that is no JSON object`)
}

function parseIndex({ manifests }: Fields, name: string): Entry[] {
  if (!Array.isArray(manifests)) throw wrong(name, 'its index has no list of manifests')
  return manifests.map((entry: unknown, place) => {
    if (!isObject(entry) || typeof entry.digest !== 'string') {
      throw wrong(name, `entry ${place + 1} of its index has no digest`)
    }
    const { digest, mediaType, platform } = entry
    const { os, architecture, variant } = isObject(platform) ? platform : {}
    const says =
      typeof os === 'string' && typeof architecture === 'string' && os !== '' && architecture !== ''
    return {
      digest,
      mediaType: String(mediaType ?? ''),
      ...(says && { platform: { os, architecture, variant: String(variant ?? '') } }),
    }
  })
}

function parseImage(value: Fields, name: string, limits: Limits): ImageManifest {
  const config = parseDescriptor(value.config, name, 'its configuration')
  const { layers } = value
  if (!Array.isArray(layers)) throw wrong(name, 'its manifest has no list of layers')
  if (layers.length > limits.layers) {
    throw wrong(name, `it has ${layers.length} layers; at most ${limits.layers} are read`)
  }
  if (config.size > limits.config) {
    throw wrong(name, `its configuration has ${config.size} bytes; at most ${limits.config} are read`)
  }
  const all = layers.map((layer: unknown, place) =>
    parseLayer(layer, name, `layer ${place + 1} of ${layers.length}`),
  )
  const size = all.reduce((total, layer) => total + layer.size, 0)
  if (size > limits.image)
    throw wrong(name, `its layers have ${size} bytes; at most ${limits.image} are read`)
  return { schemaVersion: 2, mediaType: mediaTypes.manifest, config, layers: all }
}

function parseLayer(value: unknown, name: string, what: string): Layer {
  const layer = parseDescriptor(value, name, what)
  if (!layerType.test(layer.mediaType)) {
    throw wrong(name, `${what} is of type ${quoted(layer.mediaType)}, which is no layer of an image`)
  }
  const { urls } = value as Fields
  return { ...layer, urls: Array.isArray(urls) ? urls.map(String) : [] }
}

function parseDescriptor(value: unknown, name: string, what: string): Descriptor {
  if (!isObject(value)) throw wrong(name, `its manifest does not say what ${what} is`)
  const { mediaType, digest, size } = value
  if (typeof mediaType !== 'string' || mediaType === '') throw wrong(name, `${what} has no mediaType`)
  if (typeof digest !== 'string' || !/^sha256:[\da-f]{64}$/.test(digest)) {
    throw wrong(name, `${what} has the digest ${quoted(digest)}: sha256 with 64 hex digits is read`)
  }
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
    throw wrong(name, `${what} has the size ${quoted(size)}, which is no number of bytes`)
  }
  return { mediaType, digest, size }
}

const wrong = (name: string, why: string) => new RegistryError('broken', `${name}: ${why}`)

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
