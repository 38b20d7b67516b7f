import type { BuiltImage } from '../image/built-image.ts'
import { openLayouts } from '../image/open.ts'
import { UserError } from '../lib/errors.ts'
import type { Platform } from '../lib/settings.ts'
import type { Package } from '../rpm/package.ts'
import { readPackages, rpmdbPath } from '../rpm/rpmdb.ts'
import { pull } from './pull.ts'

/** Fetches an image of a registry into `layout` and opens it. */
export async function pullImage(reference: string, platform: Platform, layout: string): Promise<BuiltImage> {
  await pull(reference, platform, layout)
  return await openLayouts(reference, [layout], platform)
}

export async function pulledPackages(
  reference: string,
  platform: Platform,
  layout: string,
): Promise<Package[]> {
  return databaseOf(await pullImage(reference, platform, layout))
}

/** The packages of any image, ours or not. Throws UserError where there is no rpm database. */
export function databaseOf(image: BuiltImage): Package[] {
  if (!image.files.has(rpmdbPath)) {
    throw new UserError(`${image.name} for ${image.platform} has no rpm database: there is no ${rpmdbPath}`)
  }
  return readPackages(outOfWal(image, image.read(rpmdbPath)))
}

/**
 * Others leave a database in WAL mode. With nothing in the log, what is in the file is all there is, and two bytes say
 * so.
 */
function outOfWal(image: BuiltImage, database: Buffer): Buffer {
  const log = image.files.get(`${rpmdbPath}-wal`)
  if (log && log.size > 0) return database
  const closed = Buffer.from(database)
  if (closed.length > 19 && closed[18] === 2 && closed[19] === 2) closed[18] = closed[19] = 1
  return closed
}
