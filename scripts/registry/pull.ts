import type { Platform } from '../lib/settings.ts'
import { blobPath } from '../oci/blobs.ts'
import { mediaTypes, writeBlob, writeIndex } from '../oci/layout.ts'
import { type Options, openRepository, type Repository } from './client.ts'
import { quoted, RegistryError } from './errors.ts'
import type { Layer } from './manifest.ts'
import { isPrivate, registryOrigin } from './origin.ts'
import { parseReference } from './reference.ts'
import { resolve } from './resolve.ts'

/** Layers that come at once: more make no line faster. */
const lanes = 4

/**
 * Fetches an image of a registry, `HOST/REPOSITORY:TAG` or `…@sha256:…`, for one platform into an OCI layout in `layout`.
 * No byte is trusted that its digest does not vouch for; only a tag is taken at the registry's word. Throws UserError.
 */
export async function pull(
  reference: string,
  platform: Platform,
  layout: string,
  options: Options = {},
): Promise<void> {
  const where = parseReference(reference)
  const repository = openRepository(where, options)
  const { bytes, manifest } = await resolve(repository, reference, where.version, platform, layout)
  const named = manifest.layers.map((layer, place) => ({
    layer,
    what: `layer ${place + 1} of ${manifest.layers.length}`,
  }))
  // One layer may stand twice.
  const todo = [...new Map(named.map(one => [one.layer.digest, one])).values()]
  const work = async () => {
    for (let next = todo.shift(); next; next = todo.shift()) {
      await fetchLayer(repository, registryOrigin(where.host), next.layer, next.what, layout)
    }
  }
  const ends = await Promise.allSettled(
    Array.from({ length: lanes }, () => work().finally(() => todo.splice(0))),
  )
  for (const end of ends) if (end.status === 'rejected') throw end.reason
  writeIndex(layout, platform, writeBlob(layout, mediaTypes.manifest, bytes))
}

/** Registries may keep only the address of a layer that its maker lets nobody else hand out. */
async function fetchLayer(
  repository: Repository,
  registry: URL,
  layer: Layer,
  what: string,
  layout: string,
): Promise<void> {
  const file = blobPath(layout, layer.digest)
  try {
    await repository.blob(layer, file, what)
  } catch (error) {
    if (!(error instanceof RegistryError) || error.trouble !== 'missing' || layer.urls.length === 0)
      throw error
    const url = layer.urls
      .filter(one => URL.canParse(one))
      .map(one => new URL(one))
      .find(one => isPrivate(one, registry))
    if (url && !url.username && !url.password) return await repository.foreign(url, layer, file, what)
    const first = quoted(layer.urls[0])
    throw new RegistryError(
      'broken',
      `${what}, ${layer.digest}, is not in the registry but at ${first}: only https is used`,
    )
  }
}
