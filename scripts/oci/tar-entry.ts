import { UserError } from '../lib/errors.ts'
import { decodeName } from './names.ts'
import { type PaxRecords, paxNumber, paxTime } from './pax.ts'
import { type Extent, isPaxSparse, readOldSparse, readPaxSparse, type SparseContent } from './sparse.ts'
import { nameOf, padded, readNumber, textOf } from './tar-fields.ts'

/** One entry of a tar archive on disk: its header, and where its content lies. */
export interface TarEntry {
  /** As the archive spells it, decoded by `decodeName`. */
  readonly name: string
  /** POSIX type flag: `0` file, `1` hardlink, `2` symlink, `3` char, `4` block, `5` dir, `6` fifo. */
  readonly flag: string
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Seconds since 1970, whole. */
  readonly mtime: number
  /** Bytes of a file's content, holes included. */
  readonly size: number
  readonly linkname: string
  readonly devMajor: number
  readonly devMinor: number
  readonly xattrs: Readonly<Record<string, Buffer>>
  /** Byte offset of the content in the archive. */
  readonly offset: number
  /** Of a sparse file the parts of its content that the archive holds, in order; the rest is zeros. */
  readonly extents?: readonly Extent[]
}

/** What pax records of extended attributes begin with. */
export const xattrPrefix = 'SCHILY.xattr.'

/** What Linux knows of each: the last id stands for none, a device has 12 bits and 20. */
const highest = { uid: 2 ** 32 - 2, gid: 2 ** 32 - 2, devMajor: 0xfff, devMinor: 0xfffff }
/** Links, devices, directories and fifos have no content, whatever their size field says. */
const withoutContent = '123456'

export interface Archive {
  readonly fd: number
  /** Bytes. */
  readonly end: number
}

/** What stands before an entry's own header: pax records, and GNU's long names, which count for more. */
export interface Special {
  pax: PaxRecords
  name?: Buffer
  linkname?: Buffer
}

/** The entry of `header`, whose content is at `position`, and where the next header is. */
export function readEntry(archive: Archive, header: Buffer, position: number, special: Special) {
  const { pax } = special
  const sparse = isPaxSparse(pax)
  const sparseName = sparse ? pax.get('GNU.sparse.name') : undefined
  const name = decodeName(sparseName ?? special.name ?? pax.get('path') ?? nameOf(header))
  const linkname = decodeName(special.linkname ?? pax.get('linkpath') ?? textOf(header, 'linkname'))
  const written = String.fromCharCode(header[156]!)
  const flag = plainFlag(written, name)
  const size = withoutContent.includes(flag) ? 0 : (paxNumber(pax, 'size') ?? readNumber(header, 'size'))
  const stored = inside(archive, position, size)
  const content = contentOf(archive, header, position, stored, written, sparse ? pax : undefined)
  const isDevice = flag === '3' || flag === '4'
  const entry: TarEntry = {
    name,
    flag,
    mode: readNumber(header, 'mode') & 0o7777,
    uid: known('uid', paxNumber(pax, 'uid') ?? readNumber(header, 'uid')),
    gid: known('gid', paxNumber(pax, 'gid') ?? readNumber(header, 'gid')),
    mtime: paxTime(pax, 'mtime') ?? readNumber(header, 'mtime'),
    linkname,
    devMajor: isDevice ? known('devMajor', readNumber(header, 'devMajor')) : 0,
    devMinor: isDevice ? known('devMinor', readNumber(header, 'devMinor')) : 0,
    xattrs: xattrsOf(pax),
    ...content,
  }
  const start = written === 'S' ? content.offset : position
  return { entry, next: padded(start + inside(archive, start, stored)) }
}

/** `size`, when so many bytes follow `position`. */
export function inside({ end }: Archive, position: number, size: number): number {
  if (size < 0) throw new UserError(`a size of ${size}`)
  if (position + size > end) throw new UserError(`cut short: ${Math.max(0, end - position)} of ${size} bytes`)
  return size
}

/** Zero is a file of the time before POSIX, when a name that ended in a slash made it a directory. */
function plainFlag(written: string, name: string): string {
  if (written === '\0') return name.endsWith('/') ? '5' : '0'
  return written === 'S' ? '0' : written
}

function contentOf(
  archive: Archive,
  header: Buffer,
  position: number,
  stored: number,
  written: string,
  sparse: PaxRecords | undefined,
): SparseContent | { size: number; offset: number } {
  if (written === 'S') return readOldSparse(archive.fd, header, position, stored)
  if (!sparse) return { size: stored, offset: position }
  if (withoutContent.includes(written)) throw new UserError('a sparse file that is no file')
  return readPaxSparse(archive.fd, sparse, position, stored)
}

function known(field: keyof typeof highest, value: number): number {
  if (value >= 0 && value <= highest[field]) return value
  throw new UserError(`${field} ${value}, where Linux knows 0 to ${highest[field]}`)
}

function xattrsOf(pax: PaxRecords): Record<string, Buffer> {
  const attributes = [...pax].filter(([key]) => key.startsWith(xattrPrefix))
  return Object.fromEntries(
    attributes.map(([key, value]) => [
      decodeName(Buffer.from(key.slice(xattrPrefix.length), 'latin1')),
      value,
    ]),
  )
}
