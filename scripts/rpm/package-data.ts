import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../lib/errors.ts'
import { contentOf, type RootFs } from '../oci/rootfs.ts'
import type { Package } from './package.ts'
import { readPackages, rpmdbPath } from './rpmdb.ts'

/** Where an image's packages lie once it is built, one JSON object a line. */
export const packageData = (dist: string, platformFolder: string) =>
  join(dist, platformFolder, 'packages.jsonl')

/**
 * The packages that a root filesystem's own rpm database records, sorted as `nvra` prints them; none where there is no
 * database, which is for those to judge who ask for packages. Throws UserError for a database that cannot be read.
 */
export function installedPackages(rootfs: RootFs): Package[] {
  const database = rootfs.get(rpmdbPath)
  return database ? readPackages(contentOf(database)) : []
}

export function writePackageData(file: string, packages: readonly Package[]): void {
  writeFileSync(file, packages.map(one => `${JSON.stringify(one)}\n`).join(''))
}

/** Throws UserError when the image is not built, or is a tool of the workshop, of which no such data is kept. */
export function readPackageData(file: string): Package[] {
  if (!existsSync(file)) {
    throw new UserError(`${file} is missing: build the image first, 'npx turbo run build --filter=IMAGE'`)
  }
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line) as Package)
}
