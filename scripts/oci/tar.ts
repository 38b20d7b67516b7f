import { closeSync, openSync, readSync } from 'node:fs'

/** One entry of a tar archive on disk: its header, and where its content lies. */
export interface TarEntry {
  /** As the archive spells it, without a leading `./` or `/` and without a trailing `/`. */
  readonly name: string
  /** POSIX type flag: `0` file, `1` hardlink, `2` symlink, `3` char, `4` block, `5` dir, `6` fifo. */
  readonly flag: string
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Seconds since 1970, whole. */
  readonly mtime: number
  readonly size: number
  readonly linkname: string
  readonly devMajor: number
  readonly devMinor: number
  readonly xattrs: Readonly<Record<string, Buffer>>
  /** Byte offset of the content in the archive. */
  readonly offset: number
}

export const blockSize = 512
/** What pax records of extended attributes begin with. */
export const xattrPrefix = 'SCHILY.xattr.'

/**
 * Reads the headers of an uncompressed tar archive: ustar, pax and GNU long names, which is what BuildKit, buildah
 * and GNU tar write. Throws Error when the archive is cut short or its checksum is wrong.
 */
export function* readTar(file: string): Generator<TarEntry> {
  const fd = openSync(file, 'r')
  try {
    let position = 0
    let pax: Record<string, Buffer> = {}
    for (;;) {
      const header = readAt(fd, position, blockSize)
      position += blockSize
      if (header.length === 0) throw new Error(`${file}: cut short at byte ${position - blockSize}`)
      if (header.every(byte => byte === 0)) return
      checkHeader(header, file, position - blockSize)
      const flag = String.fromCharCode(header[156] || 0x30)
      const size = pax.size ? Number(pax.size) : readNumber(header, 124, 12)
      const next = position + Math.ceil(size / blockSize) * blockSize
      if (flag === 'x' || flag === 'L' || flag === 'K') {
        const content = readAt(fd, position, size)
        if (content.length < size) throw new Error(`${file}: cut short at byte ${position}`)
        if (flag === 'x') pax = { ...pax, ...parsePax(content) }
        else pax[flag === 'L' ? 'path' : 'linkpath'] = content.subarray(0, content.indexOf(0))
      } else if (flag !== 'g') {
        yield toEntry(header, flag, flag === '0' ? size : 0, pax, position)
        pax = {}
      }
      position = flag === '0' || 'xgLK'.includes(flag) ? next : position
    }
  } finally {
    closeSync(fd)
  }
}

/** `length` bytes at `position`, or fewer at the end of the file. */
export function readAt(fd: number, position: number, length: number): Buffer {
  const buffer = Buffer.alloc(length)
  let filled = 0
  while (filled < length) {
    const count = readSync(fd, buffer, filled, length - filled, position + filled)
    if (count === 0) break
    filled += count
  }
  return buffer.subarray(0, filled)
}

/** The checksum of a header, whose own field counts as blanks. */
export function sum(header: Buffer): number {
  return header.reduce((total, byte) => total + byte, 0)
}

function checkHeader(header: Buffer, file: string, position: number): void {
  const written = Number.parseInt(
    header
      .toString('latin1', 148, 156)
      .replace(/[\0 ].*$/s, '')
      .trim(),
    8,
  )
  const blank = Buffer.from(header).fill(0x20, 148, 156)
  if (header.length < blockSize || sum(blank) !== written) {
    throw new Error(`${file}: no tar header at byte ${position}`)
  }
}

function toEntry(
  header: Buffer,
  flag: string,
  size: number,
  pax: Readonly<Record<string, Buffer>>,
  offset: number,
): TarEntry {
  const prefix = header.toString('latin1', 257, 263) === 'ustar\0' ? text(header, 345, 155) : ''
  const shortName = text(header, 0, 100)
  const name = pax.path?.toString() ?? (prefix ? `${prefix}/${shortName}` : shortName)
  return {
    name: name.replace(/^(\.?\/)+/, '').replace(/\/$/, ''),
    flag,
    mode: readNumber(header, 100, 8) & 0o7777,
    uid: pax.uid ? Number(pax.uid) : readNumber(header, 108, 8),
    gid: pax.gid ? Number(pax.gid) : readNumber(header, 116, 8),
    mtime: Math.floor(pax.mtime ? Number(pax.mtime) : readNumber(header, 136, 12)),
    size,
    linkname: pax.linkpath?.toString() ?? text(header, 157, 100),
    devMajor: readNumber(header, 329, 8),
    devMinor: readNumber(header, 337, 8),
    xattrs: Object.fromEntries(
      Object.entries(pax)
        .filter(([key]) => key.startsWith(xattrPrefix))
        .map(([key, value]) => [key.slice(xattrPrefix.length), value]),
    ),
    offset,
  }
}

function text(header: Buffer, start: number, length: number): string {
  const field = header.subarray(start, start + length)
  const end = field.indexOf(0)
  return field.toString('utf8', 0, end === -1 ? length : end)
}

/** Octal digits, or GNU's base-256 when the first bit is set. */
function readNumber(header: Buffer, start: number, length: number): number {
  const field = header.subarray(start, start + length)
  if (field[0]! & 0x80) return field.subarray(1).reduce((value, byte) => value * 256 + byte, 0)
  return Number.parseInt(
    field
      .toString('latin1')
      .replace(/[\0 ]+$/, '')
      .trim() || '0',
    8,
  )
}

function parsePax(content: Buffer): Record<string, Buffer> {
  const records: Record<string, Buffer> = {}
  let start = 0
  while (start < content.length) {
    const space = content.indexOf(0x20, start)
    const length = Number(content.toString('latin1', start, space))
    if (space === -1 || !(length > space - start)) throw new Error('a pax record without a length')
    const equals = content.indexOf(0x3d, space)
    records[content.toString('utf8', space + 1, equals)] = content.subarray(equals + 1, start + length - 1)
    start += length
  }
  return records
}
