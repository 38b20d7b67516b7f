import { createHash } from 'node:crypto'
import { createWriteStream, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { UserError } from '../lib/errors.ts'
import type { Platform } from '../lib/settings.ts'
import { blobPath, type Descriptor } from '../oci/blobs.ts'
import { type Manifest, mediaTypes, writeBlob, writeIndex } from '../oci/layout.ts'
import { type Client, openRepository } from './client.ts'
import { parseReference } from './reference.ts'

const docker = 'application/vnd.docker.distribution.manifest'
const indexTypes: readonly string[] = [mediaTypes.index, `${docker}.list.v2+json`]
const manifestTypes: readonly string[] = [mediaTypes.manifest, `${docker}.v2+json`]
/** What the distribution specification lets a registry refuse. */
const maxManifest = 4 << 20

interface Index {
  readonly manifests: readonly (Descriptor & {
    readonly platform?: { readonly os: string; readonly architecture: string; readonly variant?: string }
  })[]
}

/**
 * Fetches an image of a registry, `HOST/REPOSITORY:TAG` or `…@sha256:…`, for one platform into an OCI layout in `layout`.
 * No byte is trusted that its digest does not vouch for; only a tag is taken at the registry's word. Throws UserError.
 */
export async function pull(reference: string, platform: Platform, layout: string): Promise<void> {
  const { version, ...where } = parseReference(reference)
  const client = openRepository({ ...where, version })
  const digest = version.startsWith('sha256:') ? version : undefined
  const { bytes, index } = await fetchManifest(client, reference, version, digest)
  const found = index ? choose(index, reference, platform) : undefined
  const manifestBytes = found ? (await fetchManifest(client, reference, found, found)).bytes : bytes
  const manifest = parse<Manifest>(manifestBytes, reference)
  if (!Array.isArray(manifest.layers) || !manifest.config) {
    throw new UserError(`${reference} is no image, but a ${manifest.mediaType ?? 'manifest of another kind'}`)
  }
  const zstd = manifest.layers.find(({ mediaType }) => mediaType.endsWith('zstd'))
  if (zstd)
    throw new UserError(`${reference}: its layer ${zstd.digest} is compressed with zstd, not with gzip`)
  for (const blob of [manifest.config, ...manifest.layers]) await fetchBlob(client, reference, blob, layout)
  writeIndex(layout, new Map([[platform, writeBlob(layout, mediaTypes.manifest, manifestBytes)]]))
}

async function fetchManifest(client: Client, reference: string, version: string, digest?: string) {
  const answer = await client.get(`manifests/${version}`, [...indexTypes, ...manifestTypes].join(', '))
  const bytes = Buffer.from(await answer.arrayBuffer())
  const found = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
  if (digest && found !== digest) {
    throw new UserError(`${reference}: the registry sent ${found} where ${digest} was asked for`)
  }
  if (bytes.length > maxManifest) throw new UserError(`${reference}: its manifest has ${bytes.length} bytes`)
  const value = parse<{ mediaType?: string } & Index>(bytes, reference)
  const type = value.mediaType ?? answer.headers.get('content-type') ?? ''
  return { bytes, index: indexTypes.includes(type) ? value : undefined }
}

function choose({ manifests }: Index, reference: string, platform: Platform): string {
  const name = ({ platform: of }: Index['manifests'][number]) => `${of?.os}/${of?.architecture}`
  const found = manifests.find(one => name(one) === platform)
  if (found) return found.digest
  // Attestations stand among the platforms as unknown/unknown.
  const there = manifests.map(name).filter(one => /^[a-z]+\/(?!unknown|undefined)/.test(one))
  throw new UserError(
    `${reference} is there for ${there.join(', ') || 'no platform'}, not for ${platform}: choose with PLATFORMS`,
  )
}

async function fetchBlob(
  client: Client,
  reference: string,
  { digest, size }: Descriptor,
  layout: string,
): Promise<void> {
  if (!/^sha256:[\da-f]{64}$/.test(digest))
    throw new UserError(`${reference}: its digest ${digest} is no sha256`)
  const answer = await client.get(`blobs/${digest}`, '*/*')
  const file = blobPath(layout, digest)
  mkdirSync(dirname(file), { recursive: true })
  const hash = createHash('sha256')
  let length = 0
  const check = new Transform({
    transform(chunk: Buffer, _, done) {
      length += chunk.length
      hash.update(chunk)
      done(
        length > size ? new UserError(`${reference}: ${digest} has more than its ${size} bytes`) : null,
        chunk,
      )
    },
  })
  await pipeline(Readable.fromWeb(answer.body as never), check, createWriteStream(file))
  const found = hash.digest('hex')
  if (`sha256:${found}` !== digest) {
    throw new UserError(
      `${reference}: the registry sent ${length} bytes with the sha256 ${found} as ${digest}`,
    )
  }
}

function parse<T>(bytes: Buffer, reference: string): T {
  try {
    return JSON.parse(bytes.toString()) as T
  } catch {
    throw new UserError(`${reference}: the registry sent a manifest that is not JSON`)
  }
}
