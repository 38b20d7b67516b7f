import { join } from 'node:path'
import type { Platform } from '../lib/settings.ts'

/** The folder that is named for a platform: `linux/amd64` → `linux_amd64`. */
export const platformFolder = (platform: Platform) => platform.replace('/', '_')

/** All that the build of the image in the folder `dir` makes for a platform. */
export const outputOf = (dir: string, platform: Platform) => join(dir, 'dist', platformFolder(platform))

/** The image among it, as an OCI layout. */
export const layoutIn = (output: string) => join(output, 'oci')

/** The layout of one layer that a build leaves beside its image: engines look at the content of those, not of folders. */
export const providedLayout = (output: string, name: string) => join(output, name)
