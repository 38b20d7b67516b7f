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

const blockSize = 512
const xattrPrefix = 'SCHILY.xattr.'

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

/** The header blocks of one entry, in ustar with pax records only where ustar cannot say it. */
export function tarHeader(entry: Omit<TarEntry, 'offset'>): Buffer {
  const pax: [string, Buffer][] = []
  const isDir = entry.flag === '5'
  const name = isDir ? `${entry.name}/` : entry.name
  if (Buffer.byteLength(name) > 100) pax.push(['path', Buffer.from(name)])
  if (Buffer.byteLength(entry.linkname) > 100) pax.push(['linkpath', Buffer.from(entry.linkname)])
  if (entry.uid > 0o7777777) pax.push(['uid', Buffer.from(String(entry.uid))])
  if (entry.gid > 0o7777777) pax.push(['gid', Buffer.from(String(entry.gid))])
  for (const key of Object.keys(entry.xattrs).sort()) pax.push([xattrPrefix + key, entry.xattrs[key]!])

  const header = ustarHeader({ ...entry, name })
  if (pax.length === 0) return header
  const records = Buffer.concat(pax.map(([key, value]) => paxRecord(key, value)))
  const extended = {
    ...entry,
    name: 'pax',
    flag: 'x',
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: records.length,
    linkname: '',
  }
  return Buffer.concat([ustarHeader(extended), records, padding(records.length), header])
}

/** Zero bytes that fill the last block of `size` bytes. */
export function padding(size: number): Buffer {
  return Buffer.alloc((blockSize - (size % blockSize)) % blockSize)
}

function ustarHeader(entry: Omit<TarEntry, 'offset'>): Buffer {
  const header = Buffer.alloc(blockSize)
  header.set(Buffer.from(entry.name).subarray(0, 100), 0)
  header.write(octal(entry.mode, 7), 100)
  header.write(octal(entry.uid & 0o7777777, 7), 108)
  header.write(octal(entry.gid & 0o7777777, 7), 116)
  header.write(octal(entry.size, 11), 124)
  header.write(octal(entry.mtime, 11), 136)
  header.write('        ', 148)
  header.write(entry.flag, 156)
  header.set(Buffer.from(entry.linkname).subarray(0, 100), 157)
  header.write('ustar\x0000', 257, 'latin1')
  header.write(octal(entry.devMajor, 7), 329)
  header.write(octal(entry.devMinor, 7), 337)
  header.write(`${octal(sum(header), 6)}\0 `, 148, 'latin1')
  return header
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0')
}

function sum(header: Buffer): number {
  return header.reduce((total, byte) => total + byte, 0)
}

function paxRecord(key: string, value: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(` ${key}=`), value, Buffer.from('\n')])
  let length = body.length
  while (String(length).length + body.length !== length) length = String(length).length + body.length
  return Buffer.concat([Buffer.from(String(length)), body])
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
