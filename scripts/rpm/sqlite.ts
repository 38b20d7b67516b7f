import { UserError } from '../lib/errors.ts'

/** A row of a table: its rowid, and its columns as they are stored. */
export interface Row {
  readonly rowid: number
  readonly columns: readonly Value[]
}

/** Numbers that no caller asks for (fractions) are left as their eight bytes. */
export type Value = null | number | string | Buffer

/**
 * Reads all rows of a table out of the bytes of an SQLite database, in the order of their rowids, without a copy of
 * them. https://www.sqlite.org/fileformat2.html
 *
 * Made for bytes that nobody vouches for. SQLite itself runs what a file's schema says, such as a view that never
 * ends, and walks pages that name each other as often as they do. Here no page is visited twice, and rows together
 * are no longer than the file: time and memory are bounded by its length. Throws UserError for all that does not fit.
 */
export function readTable(file: Buffer, table: string): Row[] {
  const pages = openPages(file)
  const schema = readRows(pages, 1).map(({ columns: [type, name, , rootPage] }) => ({ type, name, rootPage }))
  const root = schema.find(({ type, name }) => type === 'table' && name === table)?.rootPage
  if (typeof root !== 'number') throw new UserError(`it has no table ${table}`)
  return readRows(pages, root)
}

interface Pages {
  /** Bytes of a page that hold content. */
  readonly usable: number
  /** Rows may have so many bytes yet. */
  budget: number
  /** The page of this number, from 1; throws if there is none, or if it was taken before. */
  take(number: number): Buffer
}

const fileHeader = 100

function openPages(file: Buffer): Pages {
  if (file.length < fileHeader || file.toString('latin1', 0, 16) !== 'SQLite format 3\0') {
    throw new UserError(`its ${file.length} bytes are no SQLite 3 database`)
  }
  const size = file.readUInt16BE(16) === 1 ? 65536 : file.readUInt16BE(16)
  if (size < 512 || (size & (size - 1)) !== 0) throw broken(`pages have ${size} bytes`)
  const usable = size - file[20]!
  if (usable < 480) throw broken(`${file[20]} bytes of each page are reserved`)
  // 0: nothing was ever written that has an encoding.
  if (file.readUInt32BE(56) > 1) throw broken('its text is not UTF-8')
  const count = Math.floor(file.length / size)
  const taken = new Set<number>()
  return {
    usable,
    budget: file.length,
    take(number) {
      if (number < 1 || number > count) throw broken(`page ${number} is named, there are ${count}`)
      if (taken.has(number)) throw broken(`page ${number} is in two places`)
      taken.add(number)
      return file.subarray((number - 1) * size, number * size)
    },
  }
}

const leaf = 13
const interior = 5

/** Depth first with a stack of its own: pages may be nested as deep as the file is long. */
function readRows(pages: Pages, root: number): Row[] {
  const rows: Row[] = []
  const todo = [root]
  while (todo.length > 0) {
    const number = todo.pop()!
    const page = pages.take(number)
    const start = number === 1 ? fileHeader : 0
    const cells = cellOffsets(page, start, number)
    if (page[start] === leaf) {
      for (const at of cells) rows.push(readRow(pages, page, at, rows.at(-1)))
    } else {
      const children = cells.map(at => uint32(page, at))
      todo.push(uint32(page, start + 8), ...children.reverse())
    }
  }
  return rows
}

function cellOffsets(page: Buffer, start: number, number: number): number[] {
  const type = page[start]
  if (type !== leaf && type !== interior) throw broken(`page ${number} has type ${type}, not that of a table`)
  const first = start + (type === leaf ? 8 : 12)
  const count = page.readUInt16BE(start + 3)
  if (first + 2 * count > page.length) throw broken(`page ${number} claims ${count} cells`)
  return Array.from({ length: count }, (_, index) => page.readUInt16BE(first + 2 * index))
}

function readRow(pages: Pages, page: Buffer, at: number, before: Row | undefined): Row {
  const [length, afterLength] = varint(page, at)
  const [rowid, start] = varint(page, afterLength)
  if (!Number.isSafeInteger(rowid) || (before && rowid <= before.rowid)) {
    throw broken(`row ${rowid} comes after row ${before?.rowid}`)
  }
  if (length > pages.budget) throw broken(`row ${rowid} claims ${length} bytes, more than there are`)
  pages.budget -= length
  return { rowid, columns: readRecord(readPayload(pages, page, start, length)) }
}

/** The bytes of a row: all in its page, or the first of them there and the rest in a chain of pages. */
function readPayload(pages: Pages, page: Buffer, start: number, length: number): Buffer {
  const local = localBytes(pages.usable, length)
  if (start + local > pages.usable) throw broken(`${local} bytes at ${start} are outside their page`)
  const parts = [page.subarray(start, start + local)]
  let next = local < length ? uint32(page, start + local) : 0
  for (let left = length - local; left > 0; left -= pages.usable - 4) {
    const overflow = pages.take(next)
    parts.push(overflow.subarray(4, Math.min(4 + left, pages.usable)))
    next = overflow.readUInt32BE(0)
  }
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts)
}

/** How many bytes of a row stay in its page: the file format's own formula. */
function localBytes(usable: number, length: number): number {
  if (length <= usable - 35) return length
  const least = Math.floor(((usable - 12) * 32) / 255) - 23
  const wanted = least + ((length - least) % (usable - 4))
  return wanted <= usable - 35 ? wanted : least
}

function readRecord(bytes: Buffer): Value[] {
  const [headerEnd, first] = varint(bytes, 0)
  if (headerEnd > bytes.length) throw broken(`a row's header of ${headerEnd} bytes does not fit`)
  const values: Value[] = []
  let at = headerEnd
  for (let header = first; header < headerEnd; ) {
    const [type, next] = varint(bytes, header)
    const size = sizeOf(type)
    if (at + size > bytes.length) throw broken(`a column of ${size} bytes does not fit`)
    values.push(toValue(type, bytes.subarray(at, at + size)))
    at += size
    header = next
  }
  return values
}

const integerSizes = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0]

function sizeOf(type: number): number {
  if (type >= 12) return Math.floor((type - 12) / 2)
  const size = integerSizes[type]
  if (size === undefined) throw broken(`a column has type ${type}`)
  return size
}

function toValue(type: number, bytes: Buffer): Value {
  if (type >= 12) return type % 2 === 0 ? bytes : bytes.toString('utf8')
  if (type === 0) return null
  if (type >= 8) return type - 8
  return type >= 6 ? bytes : bytes.readIntBE(0, bytes.length)
}

/** A number of one to nine bytes, and where it ends. */
function varint(bytes: Buffer, at: number): [number, number] {
  let value = 0
  for (let index = 0; index < 9; index++) {
    const byte = bytes[at + index]
    if (byte === undefined) throw broken(`a number at ${at} does not end`)
    if (index === 8) return [value * 256 + byte, at + 9]
    value = value * 128 + (byte & 0x7f)
    if (byte < 0x80) return [value, at + index + 1]
  }
  throw new Error('unreachable')
}

function uint32(bytes: Buffer, at: number): number {
  if (at + 4 > bytes.length) throw broken(`a number at ${at} is outside its page`)
  return bytes.readUInt32BE(at)
}

function broken(why: string): UserError {
  return new UserError(`broken database: ${why}`)
}
