import { createHash } from 'node:crypto'
import { closeSync, openSync } from 'node:fs'
import { UserError } from '../lib/errors.ts'
import { piecesOf } from './content.ts'
import { type Node, type RootFs, types } from './rootfs.ts'
import { readTar } from './tar.ts'
import type { TarEntry } from './tar-entry.ts'
import { cleanParts, type Place, partsOf, Tree } from './tree.ts'

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
