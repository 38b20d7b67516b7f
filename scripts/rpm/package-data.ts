import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../lib/errors.ts'
import { readJsonLines } from '../lib/json-lines.ts'
import { rebuild } from '../oci/blobs.ts'
import { contentOf, type RootFs } from '../oci/rootfs.ts'
import type { Dependency, Package, PackageFile } from './package.ts'
import { readPackages, rpmdbPath } from './rpmdb.ts'

/** Where an image's packages lie once it is built, one JSON object a line. */
export const packageData = (output: string) => join(output, 'packages.jsonl')

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
  return readJsonLines<Package>(file, 'a package', isPackage, rebuild)
}

function isPackage({ name, version, release, arch, size, requires, provides, files }: Unchecked<Package>) {
  return (
    [name, version, release].every(isText) &&
    (arch === undefined || isText(arch)) &&
    Number.isSafeInteger(size) &&
    [requires, provides].every(list =>
      isListOf<Dependency>(list, one => isText(one.name) && isNumber(one.flags)),
    ) &&
    isListOf<PackageFile>(files, one => isText(one.path) && [one.mode, one.size, one.flags].every(isNumber))
  )
}

type Unchecked<T> = Partial<Record<keyof T, unknown>>
const isText = (value: unknown) => typeof value === 'string'
const isNumber = (value: unknown) => typeof value === 'number'

const isListOf = <T>(list: unknown, is: (item: Unchecked<T>) => boolean) =>
  Array.isArray(list) && list.every(item => typeof item === 'object' && item !== null && is(item))
