import { createHash } from 'node:crypto'
import { closeSync, openSync } from 'node:fs'
import { posix } from 'node:path'
import { UserError } from '../lib/errors.ts'
import { piecesOf, wholeContent } from './content.ts'
import type { FileEntry } from './files.ts'
import { readTar } from './tar.ts'
import type { TarEntry } from './tar-entry.ts'
import { cleanParts, type Place, partsOf, Tree } from './tree.ts'

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

/** Bytes that the sparse files of an image may have together: a few blocks of an archive can claim any size. */
const maxSparse = 16 * 2 ** 30

/**
 * Applies uncompressed layers in order, lowest first, and gives what an engine would unpack them to, as the OCI image
 * specification and containerd's archive package have it: whiteouts delete what lower layers hold, a non-directory
 * replaces whatever was there, an entry whose path leads through links is where they lead to, inside the root, and
 * directories that no entry names are root's with mode 0755. Throws UserError, which names the layer and, if given, the
 * image, for what no engine unpacks.
 */
export function applyLayers(layers: readonly string[], image?: string): RootFs {
  const tree = new Tree(impliedDirectory('/'))
  let sparse = 0
  for (const [index, file] of layers.entries()) {
    const what = image ? `${image}, layer ${index + 1} of ${layers.length}` : file
    const fd = openSync(file, 'r')
    try {
      for (const header of readTar(file, what)) {
        try {
          sparse += header.extents ? header.size : 0
          if (sparse > maxSparse) throw new UserError(`sparse files of more than ${maxSparse} bytes`)
          applyEntry(tree, header, { file, fd, number: index + 1 })
        } catch (error) {
          if (!(error instanceof UserError)) throw error
          throw new UserError(`${what}: ${JSON.stringify(header.name.slice(0, 200))}: ${error.message}`)
        }
      }
    } finally {
      closeSync(fd)
    }
  }
  return tree.flatten()
}

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

interface Layer {
  readonly file: string
  readonly fd: number
  readonly number: number
}

function applyEntry(tree: Tree, header: TarEntry, layer: Layer): void {
  const parts = cleanParts(header.name)
  const name = parts.pop()
  // What layers say of the root itself is left out.
  if (name === undefined) return
  tree.count(header.name)
  const isWhiteout = name.startsWith('.wh.')
  const directory = tree.directory(parts, layer.number, !isWhiteout, impliedDirectory)
  if (isWhiteout) applyWhiteout(tree, directory, name, layer.number)
  else {
    const before = directory.children!.get(name)
    tree.put(directory, name, { layer: layer.number, ...placeFor(tree, header, layer, before) })
  }
}

function placeFor(
  tree: Tree,
  header: TarEntry,
  layer: Layer,
  before: Place | undefined,
): Omit<Place, 'layer'> {
  const { file, fd } = layer
  if (header.flag === '1') return { node: linked(tree, header) }
  if (header.flag === '5') {
    const { children = new Map(), emptied } = before ?? {}
    return { node: { header, layer: file }, children, ...(emptied !== undefined && { emptied }) }
  }
  if (!(header.flag in types)) {
    throw new UserError(`the tar type ${JSON.stringify(header.flag)}, which no engine unpacks`)
  }
  return { node: { header, layer: file, ...(header.flag === '0' && { sha256: hashContent(fd, header) }) } }
}

/** A hard link is another name of the same file, and what its entry says of the file counts for all of them. */
function linked(tree: Tree, { linkname, mode, uid, gid, mtime, xattrs }: TarEntry): Node {
  const target = tree.find(partsOf(linkname))
  if (!target) throw new UserError(`a hard link to ${JSON.stringify(linkname)}, which is not there`)
  if (target.children) throw new UserError(`a hard link to the directory ${JSON.stringify(linkname)}`)
  const { node } = target
  node.header = { ...node.header, mode, uid, gid, mtime, xattrs: { ...node.header.xattrs, ...xattrs } }
  return node
}

/** A layer's whiteouts speak of the layers below it, wherever in the archive they stand. */
function applyWhiteout(tree: Tree, directory: Place, name: string, layer: number): void {
  if (name === '.wh..wh..opq') {
    tree.empty(directory, layer)
    return
  }
  const gone = name.slice('.wh.'.length)
  if (gone === '' || gone === '.' || gone === '..') throw new UserError('a whiteout of no name')
  const place = directory.children!.get(gone)
  if (place?.layer === layer) tree.empty(place, layer)
  else directory.children!.delete(gone)
}

function impliedDirectory(path: string): Node {
  const nothing = {
    uid: 0,
    gid: 0,
    mtime: 0,
    size: 0,
    linkname: '',
    devMajor: 0,
    devMinor: 0,
    xattrs: {},
    offset: 0,
  }
  return { header: { ...nothing, name: path.slice(1), flag: '5', mode: 0o755 }, layer: '' }
}

function hashContent(fd: number, header: TarEntry): string {
  const hash = createHash('sha256')
  for (const piece of piecesOf(fd, header)) hash.update(piece)
  return hash.digest('hex')
}
