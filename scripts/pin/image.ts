import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { UserError } from '../lib/errors.ts'
import { platforms } from '../lib/settings.ts'
import { openRepository, type Repository } from '../registry/client.ts'
import { RegistryError } from '../registry/errors.ts'
import { promptLimits as limits } from '../registry/limits.ts'
import { parseReference } from '../registry/reference.ts'
import { resolve } from '../registry/resolve.ts'
import type { PinnedImage } from '../workspace/distro.ts'

/**
 * The image that the last of these tags names, of those that the registry has; `reference` is another image of the same
 * repository. Proves that the registry has it by its digest, for all platforms. Throws UserError.
 */
export async function findImage(reference: string, tags: readonly string[]): Promise<PinnedImage> {
  const where = parseReference(reference)
  const repository = openRepository(where, { limits })
  // The first alone, so that one token is got for all.
  const [first, ...others] = tags
  const digests = [await digestOf(repository, first!)]
  digests.push(...(await Promise.all(others.map(tag => digestOf(repository, tag)))))
  const last = digests.findLastIndex(digest => digest !== undefined)
  const untagged = reference.replace(/:[^:/]*$/, '')
  if (last === -1) {
    const asked = [...new Set([tags[0], tags.at(-1)])].join(' to ')
    throw new UserError(
      `${untagged} has no such image: asked for the ${tags.length > 1 ? 'tags' : 'tag'} ${asked}`,
    )
  }
  const image = { reference: `${untagged}:${tags[last]}`, digest: digests[last]! }
  const layout = mkdtempSync(join(tmpdir(), 'pin-'))
  try {
    for (const platform of platforms)
      await resolve(repository, image.reference, image.digest, platform, layout)
  } finally {
    rmSync(layout, { recursive: true })
  }
  return image
}

/** What a tag names in a registry; undefined where there is no such tag. */
export async function digestOf(repository: Repository, tag: string): Promise<string | undefined> {
  try {
    return (await repository.manifest(tag)).digest
  } catch (error) {
    if (error instanceof RegistryError && error.trouble === 'missing') return undefined
    throw error
  }
}
