import { readFileSync } from 'node:fs'
import type { Platform } from '../lib/settings.ts'
import { blobPath } from '../oci/blobs.ts'
import type { Repository } from './client.ts'
import { quoted, RegistryError } from './errors.ts'
import { type Entry, type ImageManifest, indexTypes, parseManifest, parseObject } from './manifest.ts'

/** One image of a registry: its manifest, byte for byte, and its configuration, which lies in the layout already. */
export interface Found {
  readonly bytes: Buffer
  readonly manifest: ImageManifest
  /** `linux/amd64`, as its configuration says: no index can make it another. */
  readonly platform: string
}

interface Search {
  readonly repository: Repository
  /** As the caller wrote it. */
  readonly name: string
  readonly platform: Platform
  readonly layout: string
  /** Manifests yet to be looked at. */
  budget: number
}

/**
 * The image for `platform` behind a tag or a digest: the manifest itself, or the one of an index, or of an index in it.
 * Its configuration is written to `layout`. Throws RegistryError when there is none.
 */
export async function resolve(
  repository: Repository,
  name: string,
  version: string,
  platform: Platform,
  layout: string,
): Promise<Found> {
  const search: Search = { repository, name, platform, layout, budget: repository.limits.lookups }
  const { bytes, type } = await repository.manifest(version)
  const parsed = parseManifest(bytes, type, name, repository.limits)
  const seen: string[] = []
  const found =
    'index' in parsed ? await inIndex(search, parsed.index, seen) : await open(search, bytes, parsed.manifest)
  if (!found) {
    const there = [...new Set(seen)].join(', ') || 'no platform'
    throw new RegistryError(
      'missing',
      `${name} is there for ${there}, not for ${platform}: choose with PLATFORMS`,
    )
  }
  if (found.platform === platform) return found
  throw new RegistryError(
    'missing',
    `${name} is for ${quoted(found.platform)}, not for ${platform}: choose with PLATFORMS`,
  )
}

/** An entry of the platform first; then the indexes in this one; then what does not say what it is for. */
async function inIndex(
  search: Search,
  entries: readonly Entry[],
  seen: string[],
): Promise<Found | undefined> {
  const images = entries.filter(({ mediaType }) => !indexTypes.includes(mediaType))
  // Attestations stand among the platforms as unknown/unknown.
  seen.push(
    ...images
      .map(nameOf)
      .filter(one => one !== '' && one !== 'unknown/unknown')
      .map(quoted),
  )
  const [best] = images.filter(entry => nameOf(entry) === search.platform).sort((a, b) => rank(a) - rank(b))
  if (best) return await openEntry(search, best)
  for (const entry of entries) {
    const isIndex = indexTypes.includes(entry.mediaType)
    if (entry.platform && !(isIndex && nameOf(entry) === search.platform)) continue
    const { bytes, type } = await fetch(search, entry)
    const parsed = parseManifest(bytes, type, `${search.name}, ${entry.digest}`, search.repository.limits)
    const found =
      'index' in parsed
        ? await inIndex(search, parsed.index, seen)
        : await open(search, bytes, parsed.manifest)
    if (found?.platform === search.platform) return found
    if (found) seen.push(quoted(found.platform))
  }
  return undefined
}

const nameOf = ({ platform }: Entry) => (platform ? `${platform.os}/${platform.architecture}` : '')

/** What runs on every machine of the architecture, before what wants a newer one. */
function rank({ platform }: Entry): number {
  const at = ['', 'v8', 'v1'].indexOf(platform?.variant ?? '')
  return at === -1 ? 3 : at
}

async function openEntry(search: Search, entry: Entry): Promise<Found> {
  const { bytes, type } = await fetch(search, entry)
  const name = `${search.name}, ${entry.digest}`
  const parsed = parseManifest(bytes, type, name, search.repository.limits)
  if ('index' in parsed)
    throw new RegistryError('broken', `${name}: its index calls it a manifest, but it is an index`)
  return await open(search, bytes, parsed.manifest)
}

async function fetch(search: Search, { digest }: Entry) {
  const { repository, name } = search
  if (!/^sha256:[\da-f]{64}$/.test(digest)) {
    throw new RegistryError(
      'broken',
      `${name}: its index has the digest ${quoted(digest)}: sha256 with 64 hex digits is read`,
    )
  }
  if (search.budget-- <= 0) {
    throw new RegistryError(
      'broken',
      `${name}: more than ${repository.limits.lookups} manifests do not say what they are for`,
    )
  }
  return await repository.manifest(
    digest,
    `${name}: its index names ${digest}, and the registry has no such manifest`,
  )
}

async function open(
  { repository, name, layout }: Search,
  bytes: Buffer,
  manifest: ImageManifest,
): Promise<Found> {
  const { config } = manifest
  const file = blobPath(layout, config.digest)
  await repository.blob(config, file, 'its configuration')
  const { os, architecture } = parseObject(readFileSync(file), name, 'a configuration')
  if (typeof os === 'string' && typeof architecture === 'string' && os && architecture) {
    return { bytes, manifest, platform: `${os}/${architecture}` }
  }
  throw new RegistryError(
    'broken',
    `${name}: its configuration, ${quoted(config.mediaType)}, names no platform: it is no image`,
  )
}
