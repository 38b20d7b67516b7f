import { createHash, type Hash } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync, readlinkSync, type Stats } from 'node:fs'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'

/**
 * The sha256 of a file's bytes, in hex; undefined where there is none, or a link, a pipe, a folder in its place: what
 * stands there was not put by us, and to read it could mean to read for ever.
 */
export function fileDigest(path: string): string | undefined {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isFile()) return undefined
  return createHash('sha256').update(readFileSync(path)).digest('hex')
}

/**
 * The sha256 of all that a folder holds: names, types, modes, owners, links' targets and every byte. Times are left out:
 * they say neither that content changed nor that it did not. 330 MB in 7,000 files take a second.
 */
export function treeDigest(folder: string): string {
  const hash = createHash('sha256')
  addTree(hash, Buffer.from(folder), Buffer.alloc(0))
  return hash.digest('hex')
}

/**
 * Has `make` fill a folder, unless what is there was made of `from` and is, byte for byte, what was made then. A damaged
 * folder and one that was left half made are made anew.
 * @param from all that decides what comes out
 * @param make fills an empty folder aside, which then takes the place of `folder`
 * @returns the folder's treeDigest
 */
export async function keepFolder(
  folder: string,
  from: string,
  make: (aside: string) => Promise<void>,
): Promise<string> {
  const stamp = `${folder}.made-from`
  const stampOf = (digest: string) => `${from}\n${digest}\n`
  const isFolder = lstatSync(folder, { throwIfNoEntry: false })?.isDirectory()
  if (isFolder && fileDigest(stamp) !== undefined) {
    const digest = treeDigest(folder)
    if (readFileSync(stamp, 'utf8') === stampOf(digest)) return digest
  }
  const aside = `${folder}.part`
  for (const leftOver of [aside, stamp]) await rm(leftOver, { recursive: true, force: true })
  await mkdir(aside, { recursive: true })
  await make(aside)
  const digest = treeDigest(aside)
  await rm(folder, { recursive: true, force: true })
  await rename(aside, folder)
  await writeFile(stamp, stampOf(digest))
  return digest
}

/** Paths are bytes: a name need not be text. */
function addTree(hash: Hash, folder: Buffer, inside: Buffer): void {
  for (const name of readdirSync(folder, { encoding: 'buffer' }).sort(Buffer.compare)) {
    const path = Buffer.concat([folder, slash, name])
    const pathInside = Buffer.concat([inside, slash, name])
    const stats = lstatSync(path)
    const content = contentOf(path, stats)
    const { mode, uid, gid, rdev } = stats
    // Each length stands before what it is of, so that no two trees are written alike.
    hash.update(JSON.stringify([pathInside.length, mode, uid, gid, rdev, content.length]))
    hash.update(pathInside).update(content)
    if (stats.isDirectory()) addTree(hash, path, pathInside)
  }
}

const slash = Buffer.from('/')

function contentOf(path: Buffer, stats: Stats): Buffer {
  if (stats.isFile()) return readFileSync(path)
  return stats.isSymbolicLink() ? readlinkSync(path, { encoding: 'buffer' }) : Buffer.alloc(0)
}
