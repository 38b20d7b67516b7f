import { join } from 'node:path'
import type { Platform } from '../lib/settings.ts'

/** The folder a platform's outputs have in `dist/`: `linux/amd64` → `linux_amd64`. */
export const platformFolder = (platform: Platform) => platform.replace('/', '_')

/** The layout of one layer that a build leaves beside its image: engines look at the content of those, not of folders. */
export const providedLayout = (dist: string, name: string, platform: Platform) =>
  join(dist, platformFolder(platform), name)
