import { posix } from 'node:path'
import type { BuiltImage } from '../image/built-image.ts'
import { openLayouts } from '../image/open.ts'
import { resolvePath } from '../image/resolve.ts'
import { UserError } from '../lib/errors.ts'
import type { Platform } from '../lib/settings.ts'
import type { Package } from '../rpm/package.ts'
import { readPackages } from '../rpm/rpmdb.ts'
import { pull } from './pull.ts'
import { applyWal } from './wal.ts'

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

/** Where distributions keep it: of old, and where it is part of /usr. Each may be a link to the other. */
const folders = ['/var/lib/rpm', '/usr/lib/sysimage/rpm']
/** In the order in which rpm prefers them, if a folder has several. */
const kinds = { 'rpmdb.sqlite': 'SQLite', 'Packages.db': 'ndb', Packages: 'Berkeley DB' } as const

/** The packages of any image, ours or not. Throws UserError as `rpmdbOf` does. */
export const databaseOf = (image: BuiltImage): Package[] => readPackages(rpmdbOf(image))

/**
 * The rpmdb.sqlite of any image, out of WAL mode, as a program in it would find it: links are followed. Throws UserError
 * where there is no rpm database, or one that is not read here.
 */
export function rpmdbOf(image: BuiltImage): Buffer {
  const { files, name, platform } = image
  const places = [...new Set(folders.flatMap(folder => resolvePath(files, folder)?.path ?? []))]
  const found = places.flatMap(place => {
    const file = Object.keys(kinds).find(base => hasContent(image, posix.join(place, base)))
    return file === undefined ? [] : [posix.join(place, file)]
  })
  const [path, second] = found
  if (!path)
    throw new UserError(`${name} for ${platform} has no rpm database: none in ${folders.join(' or ')}`)
  if (second) throw new UserError(`${name} for ${platform} has two rpm databases: ${path} and ${second}`)
  const kind = kinds[posix.basename(path) as keyof typeof kinds]
  if (kind === 'SQLite') return closed(image, path)
  throw new UserError(
    `${name} for ${platform} keeps its packages in ${path}, of kind ${kind}: only rpmdb.sqlite is read here; ask an rpm in the image, 'rpm -qa'`,
  )
}

/** rpm leaves empty files of other kinds behind. */
function hasContent({ files }: BuiltImage, path: string): boolean {
  const entry = resolvePath(files, path)
  const file = entry?.type === 'hardlink' ? files.get(entry.link!) : entry
  return file?.type === 'file' && file.size > 0
}

/** A database with all that its log says; others leave one in WAL mode. */
function closed(image: BuiltImage, path: string): Buffer {
  const database = image.read(path)
  // It begins with zeros once the transaction is over.
  const journal = `${path}-journal`
  if (hasContent(image, journal) && image.read(journal).readUInt8(0) !== 0) {
    throw new UserError(
      `${image.name}: ${path} was left in the middle of a change, as ${journal} says: build it again`,
    )
  }
  if (database.length < 20 || database[18] !== 2 || database[19] !== 2) return database
  const log = `${path}-wal`
  return applyWal(database, hasContent(image, log) ? image.read(log) : Buffer.alloc(0))
}
