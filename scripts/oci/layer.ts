import { createHash } from 'node:crypto'
import { closeSync, openSync, writeFileSync } from 'node:fs'
import { posix } from 'node:path'
import { piecesOf } from './content.ts'
import type { FileEntry } from './files.ts'
import { capabilities, listFiles, type Node, type RootFs } from './rootfs.ts'
import type { TarEntry } from './tar-entry.ts'
import { padding, tarHeader } from './tar-header.ts'

/** What a child changes of its parent. */
export interface Delta {
  /** Entries that are new or differ, and the directories that lead to a change, before their content. */
  readonly added: readonly FileEntry[]
  /** Paths of the parent that are gone; of a removed directory only the top. */
  readonly removed: readonly string[]
}

/** Compares by type, mode, owner, link target, attributes and content; never by timestamp. */
export function delta(parent: readonly FileEntry[], child: readonly FileEntry[]): Delta {
  const before = new Map(parent.map(entry => [entry.path, JSON.stringify(entry)]))
  // All names of a file go together: a layer that held some of them would leave the others with the old content.
  const file = (entry: FileEntry) => (entry.type === 'hardlink' ? entry.link! : entry.path)
  const touched = new Set(child.filter(entry => before.get(entry.path) !== JSON.stringify(entry)).map(file))
  const now = new Set(child.map(entry => entry.path))
  // What was below a directory that is gone, or is no directory any more, went with it.
  const directories = new Set(['/', ...child.filter(entry => entry.type === 'dir').map(entry => entry.path)])
  const gone = parent.map(entry => entry.path).filter(path => !now.has(path))
  const removed = gone.filter(path => directories.has(posix.dirname(path)))
  const changed = child.filter(entry => touched.has(file(entry)))
  // Who unpacks a layer by itself, as overlays do, makes directories that it does not mention with a mode of its own.
  const leading = new Set([...changed.map(entry => entry.path), ...removed].flatMap(ancestors))
  return { added: child.filter(entry => touched.has(file(entry)) || leading.has(entry.path)), removed }
}

/** `/usr/bin/ls` → `/usr/bin`, `/usr`. */
function ancestors(path: string): string[] {
  const above = posix.dirname(path)
  return above === '/' ? [] : [above, ...ancestors(above)]
}

/**
 * Writes `changes` as an uncompressed layer in one canonical form, so that equal content gives equal bytes whatever
 * engine made it: sorted by path, no names of users, no timestamp before 1970 or later than `epoch` (seconds),
 * directories and links at `epoch`. Returns the diff_id, `sha256:…`.
 */
export function writeLayer(file: string, changes: Delta, rootfs: RootFs, epoch: number): string {
  const fd = openSync(file, 'w')
  const hash = createHash('sha256')
  const write = (bytes: Buffer) => {
    hash.update(bytes)
    // Unlike writeSync it goes on when the system takes a part.
    writeFileSync(fd, bytes)
  }
  const sources = new Map<string, number>()
  try {
    const whiteouts = changes.removed.map(path => whiteout(path, epoch))
    const entries = [...whiteouts, ...changes.added.map(entry => canonicalEntry(entry, rootfs, epoch))]
    entries.sort((a, b) => (a.header.name < b.header.name ? -1 : 1))
    for (const { header, node } of entries) {
      write(tarHeader(header))
      if (!node || header.size === 0) continue
      if (!sources.has(node.layer)) sources.set(node.layer, openSync(node.layer, 'r'))
      for (const piece of piecesOf(sources.get(node.layer)!, node.header)) write(piece)
      write(padding(header.size))
    }
    write(Buffer.alloc(1024))
  } finally {
    for (const source of [...sources.values(), fd]) closeSync(source)
  }
  return `sha256:${hash.digest('hex')}`
}

/** The files of a root filesystem and what it changes of its parent's, in one go. */
export function compare(
  parent: readonly FileEntry[],
  rootfs: RootFs,
): { files: FileEntry[]; changes: Delta } {
  const files = listFiles(rootfs)
  return { files, changes: delta(parent, files) }
}

interface CanonicalEntry {
  readonly header: Omit<TarEntry, 'offset'>
  readonly node?: Node
}

const flags = { file: '0', hardlink: '1', symlink: '2', char: '3', block: '4', dir: '5', fifo: '6' } as const

function canonicalEntry(entry: FileEntry, rootfs: RootFs, epoch: number): CanonicalEntry {
  const node = rootfs.get(entry.path)!
  const isFile = entry.type === 'file'
  const header = {
    name: entry.path.slice(1),
    flag: flags[entry.type],
    mode: entry.mode,
    uid: entry.uid,
    gid: entry.gid,
    mtime: isFile || entry.type === 'hardlink' ? clamp(node.header.mtime, epoch) : epoch,
    size: entry.size,
    linkname: entry.type === 'hardlink' ? entry.link!.slice(1) : (entry.link ?? ''),
    devMajor: node.header.devMajor,
    devMinor: node.header.devMinor,
    xattrs: attributes(entry, node),
  }
  return isFile ? { header, node } : { header }
}

/** Before 1970 there are no octal digits for it, and what GNU tar and Go write instead, docker and buildah refuse. */
function clamp(mtime: number, epoch: number): number {
  return Math.max(0, Math.min(mtime, epoch))
}

function attributes(entry: FileEntry, { header }: Node): Record<string, Buffer> {
  const capability = entry.type === 'file' && header.xattrs[capabilities]
  return capability ? { [capabilities]: capability } : {}
}

function whiteout(path: string, epoch: number): CanonicalEntry {
  const name = posix.join(posix.dirname(path), `.wh.${posix.basename(path)}`).slice(1)
  const nobody = { mode: 0o644, uid: 0, gid: 0, linkname: '', devMajor: 0, devMinor: 0, xattrs: {} }
  return { header: { ...nobody, name, flag: '0', mtime: epoch, size: 0 } }
}
