import { openRepository } from '../registry/client.ts'
import { RegistryError } from '../registry/errors.ts'
import { type Limits, promptLimits } from '../registry/limits.ts'
import { parseManifest } from '../registry/manifest.ts'
import { parseReference } from '../registry/reference.ts'
import type { PinnedImage } from '../workspace/distro.ts'

/** Why an image cannot be had, and whether another pin would help. */
export interface Obstacle {
  readonly why: string
  readonly isPin: boolean
}

/**
 * What keeps builds from a pinned image, if anything does. It is asked for by its digest, as the engines ask: a tag that
 * has moved, or is gone, changes nothing. UserError when the reference is none.
 */
export async function obstacleTo(
  { reference, digest }: PinnedImage,
  limits: Limits = promptLimits,
): Promise<Obstacle | undefined> {
  const name = `${reference}@${digest}`
  const where = parseReference(name)
  try {
    const missing = `${where.host} no longer has ${name}`
    const { bytes, type } = await openRepository(where, { limits }).manifest(digest, missing)
    parseManifest(bytes, type, name, limits)
    return undefined
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error
    return { why: error.message, isPin: error.trouble === 'missing' }
  }
}
