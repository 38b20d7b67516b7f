import { UserError } from '../lib/errors.ts'
import type { Package } from '../rpm/package.ts'
import { readPackages, rpmdbPath } from '../rpm/rpmdb.ts'
import type { BuiltImage } from './built-image.ts'

const known = new WeakMap<BuiltImage, Promise<Package[]>>()

/** The packages of an image, read once. Throws UserError if there is no database, or none that can be read. */
export function packagesOf(image: BuiltImage): Promise<Package[]> {
  const packages = known.get(image) ?? read(image)
  known.set(image, packages)
  return packages
}

async function read(image: BuiltImage): Promise<Package[]> {
  if (!image.files.has(rpmdbPath)) {
    throw new UserError(`${rpmdbPath} is missing: scanners would see an image without packages`)
  }
  return await readPackages(image.read(rpmdbPath))
}
