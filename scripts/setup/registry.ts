import { UserError } from '../lib/errors.ts'
import { openRepository } from '../registry/client.ts'
import { RegistryError } from '../registry/errors.ts'
import { usualLimits } from '../registry/limits.ts'
import { parseManifest } from '../registry/manifest.ts'
import { parseReference } from '../registry/reference.ts'

/** The digest of an image, or why the registry gave none. */
export type Remote = { readonly digest: string } | { readonly digest?: undefined; readonly why: string }

/**
 * The digest of what a registry has as `host/repository:tag`: of the bytes themselves, whatever the registry says of
 * them. Waits no longer than `patience` ms. UserError when the registry answers that it has no such image.
 */
export async function remoteDigest(reference: string, patience = 5000): Promise<Remote> {
  const limits = { ...usualLimits, silence: patience, end: patience, tries: 2 }
  const where = parseReference(reference)
  try {
    const { bytes, type, digest } = await openRepository(where, { limits }).manifest(where.version)
    parseManifest(bytes, type, reference, limits)
    return { digest }
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error
    if (error.trouble !== 'missing') return { why: error.message }
    throw new UserError(`${error.message}: check the tag in the distro's data file`)
  }
}
