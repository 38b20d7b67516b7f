import { posix } from 'node:path'
import { wholeContent } from './content.ts'
import type { FileEntry } from './files.ts'
import type { TarEntry } from './tar-entry.ts'

/** A file, directory, link or device as some layer holds it; hardlinked paths share one. */
export interface Node {
  /** Of a file with several names: owner, mode and attributes as the last of them says. */
  header: TarEntry
  /** The uncompressed layer that holds the content. */
  readonly layer: string
  readonly sha256?: string
}

/** A root filesystem: absolute path → what is there. The root directory itself is left out. */
export type RootFs = Map<string, Node>

/**
 * Takes away what engines leave where they mount something for a `RUN` step: empty files of their own, and the empty
 * folders that `targets`, the paths of a recipe's mounts, led through. What is `meant` stays: paths of the parent, or of a
 * package.
 */
export function dropMountStubs(
  rootfs: RootFs,
  meant: (path: string) => boolean,
  targets: readonly string[] = [],
): void {
  for (const path of ['/etc/hostname', '/etc/hosts', '/etc/resolv.conf']) {
    const node = rootfs.get(path)
    if (node?.header.flag === '0' && node.header.size === 0 && !meant(path)) rootfs.delete(path)
  }
  for (const target of targets) {
    for (
      let path = posix.normalize(target).replace(/\/$/, '');
      path !== '/' && path !== '';
      path = posix.dirname(path)
    ) {
      const node = rootfs.get(path)
      const isStub = node && (node.header.flag === '5' || node.header.size === 0) && !meant(path)
      if (!isStub || [...rootfs.keys()].some(other => other.startsWith(`${path}/`))) break
      rootfs.delete(path)
    }
  }
}

/** The bytes of a file, out of the layer that holds it. Throws UserError for one of 2 GiB or more. */
export function contentOf({ layer, header }: Node): Buffer {
  return wholeContent(layer, header)
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

/** Type flags of tar archives, of all that is no hard link. */
export const types = {
  '0': 'file',
  '2': 'symlink',
  '3': 'char',
  '4': 'block',
  '5': 'dir',
  '6': 'fifo',
} as const

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
