import { createHash } from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'
import { posix } from 'node:path'
import type { FileEntry } from './files.ts'
import { readAt, readTar, type TarEntry } from './tar.ts'

/** A file, directory, link or device as some layer holds it; hardlinked paths share one. */
export interface Node {
  readonly header: TarEntry
  /** The uncompressed layer that holds the content. */
  readonly layer: string
  readonly sha256?: string
}

/** A root filesystem: absolute path → what is there. The root directory itself is left out. */
export type RootFs = Map<string, Node>

/**
 * Applies uncompressed layers in order, lowest first, as the OCI image specification says: whiteouts delete,
 * opaque whiteouts empty a directory, a non-directory replaces whatever was there.
 */
export function applyLayers(layers: readonly string[]): RootFs {
  const rootfs: RootFs = new Map()
  for (const layer of layers) {
    const fd = openSync(layer, 'r')
    try {
      // A layer's whiteouts speak of the layers below it, wherever in the archive they stand.
      for (const { name } of readTar(layer)) applyWhiteout(rootfs, `/${name}`)
      for (const header of readTar(layer)) applyEntry(rootfs, header, layer, fd)
    } finally {
      closeSync(fd)
    }
  }
  return rootfs
}

/**
 * Takes away the empty files that engines leave where they mount their own for a `RUN` step, unless `parent` has them
 * too.
 */
export function dropMountStubs(rootfs: RootFs, parent: ReadonlySet<string>): void {
  for (const path of ['/etc/hostname', '/etc/hosts', '/etc/resolv.conf']) {
    const node = rootfs.get(path)
    if (node?.header.flag === '0' && node.header.size === 0 && !parent.has(path)) rootfs.delete(path)
  }
}

/** The bytes of a file, out of the layer that holds it. */
export function contentOf({ layer, header }: Node): Buffer {
  const fd = openSync(layer, 'r')
  try {
    return readAt(fd, header.offset, header.size)
  } finally {
    closeSync(fd)
  }
}

/** The root filesystem as sorted entries; of hardlinked paths the first in sort order is the file. */
export function listFiles(rootfs: RootFs): FileEntry[] {
  const firstPath = new Map<Node, string>()
  return [...rootfs.keys()].sort().map(path => {
    const node = rootfs.get(path)!
    const first = firstPath.get(node)
    firstPath.set(node, first ?? path)
    return toFileEntry(path, node, first)
  })
}

/**
 * The one extended attribute that belongs to an image. Others say something of the machine that made it: SELinux labels,
 * and the checksums that librepo notes on the files of a repository on disk.
 */
export const capabilities = 'security.capability'

const types = { '0': 'file', '2': 'symlink', '3': 'char', '4': 'block', '5': 'dir', '6': 'fifo' } as const

function toFileEntry(path: string, { header, sha256 }: Node, first: string | undefined): FileEntry {
  const type = first ? 'hardlink' : types[header.flag as keyof typeof types]
  const link = first ?? (type === 'symlink' ? header.linkname : undefined)
  const capability = header.xattrs[capabilities]
  return {
    path,
    type,
    // The mode of a symlink means nothing, and the engines write it differently.
    mode: type === 'symlink' ? 0o777 : header.mode,
    uid: header.uid,
    gid: header.gid,
    size: type === 'file' ? header.size : 0,
    ...(link !== undefined && { link }),
    ...(type === 'file' && sha256 && { sha256 }),
    ...(capability && { xattrs: { [capabilities]: capability.toString('base64') } }),
    ...((type === 'char' || type === 'block') && { device: `${header.devMajor}:${header.devMinor}` }),
  }
}

function applyEntry(rootfs: RootFs, header: TarEntry, layer: string, fd: number): void {
  if (header.name === '' || header.name === '.') return
  const path = `/${header.name}`
  if (posix.basename(path).startsWith('.wh.')) return
  const before = rootfs.get(path)
  if (before?.header.flag === '5' && header.flag !== '5') removeBelow(rootfs, path)
  if (header.flag === '1') {
    const target = rootfs.get(`/${header.linkname.replace(/^(\.?\/)+/, '')}`)
    if (!target)
      throw new Error(`${layer}: ${path} is a hardlink to ${header.linkname}, which no layer holds`)
    rootfs.set(path, target)
  } else if (header.flag in types) {
    const sha256 = header.flag === '0' ? hashContent(fd, header) : undefined
    rootfs.set(path, { header, layer, ...(sha256 && { sha256 }) })
  } else {
    throw new Error(`${layer}: ${path} has the tar type '${header.flag}', which no image needs`)
  }
}

function applyWhiteout(rootfs: RootFs, path: string): void {
  const base = posix.basename(path)
  if (base === '.wh..wh..opq') removeBelow(rootfs, posix.dirname(path))
  else if (base.startsWith('.wh.')) {
    const gone = posix.join(posix.dirname(path), base.slice('.wh.'.length))
    rootfs.delete(gone)
    removeBelow(rootfs, gone)
  }
}

function removeBelow(rootfs: RootFs, dir: string): void {
  const prefix = dir === '/' ? '/' : `${dir}/`
  for (const path of rootfs.keys()) if (path.startsWith(prefix)) rootfs.delete(path)
}

const chunk = Buffer.alloc(1 << 20)

function hashContent(fd: number, { offset, size }: TarEntry): string {
  const hash = createHash('sha256')
  for (let done = 0; done < size; ) {
    const count = readSync(fd, chunk, 0, Math.min(chunk.length, size - done), offset + done)
    if (count === 0) throw new Error(`content ends ${size - done} bytes early at byte ${offset + done}`)
    hash.update(chunk.subarray(0, count))
    done += count
  }
  return hash.digest('hex')
}
