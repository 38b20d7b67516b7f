import { UserError } from '../lib/errors.ts'
import { decodeName } from '../oci/names.ts'

/** The entries of one RPM header, by tag. Reading a tag that has another type than asked for throws UserError. */
export interface RpmHeader {
  string(tag: number): string | undefined
  /** Decoded by `decodeName`: lists hold names of files, which are bytes. */
  strings(tag: number): string[]
  /** Of 8, 16, 32 or 64 bits, unsigned. */
  numbers(tag: number): number[]
}

interface Entry {
  readonly type: number
  readonly offset: number
  readonly count: number
}

const entrySize = 16
/** rpm's own limits: lib/header.cc. */
const maxEntries = 0xffff
const maxBytes = 256 << 20

const string = 6
const stringArray = 8
const i18nString = 9
/** Bytes of the integer types CHAR, INT8, INT16, INT32 and INT64. */
const widths: Readonly<Record<number, number>> = { 1: 1, 2: 1, 3: 2, 4: 4, 5: 8 }

/**
 * Parses a header as a row of the rpm database holds it: number of entries, number of data bytes (big endian, no
 * magic before), entries of 16 bytes, data. Throws UserError for anything that does not fit exactly.
 */
export function parseHeader(blob: Buffer): RpmHeader {
  if (blob.length < 8) throw broken(`it has ${blob.length} bytes`)
  const [count, size] = [blob.readUInt32BE(0), blob.readUInt32BE(4)]
  if (count > maxEntries || size > maxBytes) throw broken(`it claims ${count} entries and ${size} bytes`)
  const dataAt = 8 + count * entrySize
  if (dataAt + size !== blob.length) {
    throw broken(`${count} entries and ${size} bytes of data do not make ${blob.length} bytes`)
  }
  const data = blob.subarray(dataAt)
  const entries = readEntries(blob, count)
  return {
    string: tag => entryStrings(data, tag, entries.get(tag), [string, i18nString])[0]?.toString('utf8'),
    strings: tag => entryStrings(data, tag, entries.get(tag), [stringArray]).map(decodeName),
    numbers: tag => entryNumbers(data, tag, entries.get(tag)),
  }
}

/** A tag that stands twice was changed after the package was built: the later entry counts. */
function readEntries(blob: Buffer, count: number): Map<number, Entry> {
  const entries = new Map<number, Entry>()
  for (let index = 0; index < count; index++) {
    const at = 8 + index * entrySize
    const [tag, type, offset] = [blob.readUInt32BE(at), blob.readUInt32BE(at + 4), blob.readInt32BE(at + 8)]
    entries.set(tag, { type, offset, count: blob.readUInt32BE(at + 12) })
  }
  return entries
}

function entryStrings(data: Buffer, tag: number, entry: Entry | undefined, types: number[]): Buffer[] {
  if (!entry) return []
  if (!types.includes(entry.type)) throw broken(`tag ${tag} has type ${entry.type}, which is no string`)
  const values: Buffer[] = []
  let at = inside(data, tag, entry, entry.type === string ? 1 : entry.count)
  for (let left = entry.type === string ? 1 : entry.count; left > 0; left--) {
    const end = data.indexOf(0, at)
    if (end < 0) throw broken(`a string of tag ${tag} at ${at} does not end`)
    values.push(data.subarray(at, end))
    at = end + 1
  }
  return values
}

function entryNumbers(data: Buffer, tag: number, entry: Entry | undefined): number[] {
  if (!entry) return []
  const width = widths[entry.type]
  if (!width) throw broken(`tag ${tag} has type ${entry.type}, which is no number`)
  const at = inside(data, tag, entry, entry.count * width)
  return Array.from({ length: entry.count }, (_, index) => {
    const offset = at + index * width
    return width === 8 ? Number(data.readBigUInt64BE(offset)) : data.readUIntBE(offset, width)
  })
}

/** The offset, once `size` bytes are known to follow it. Every string takes at least its end. */
function inside(data: Buffer, tag: number, { offset, count }: Entry, size: number): number {
  if (count > 0 && offset >= 0 && offset + size <= data.length) return offset
  throw broken(`tag ${tag}: ${count} values at ${offset} are outside its ${data.length} bytes of data`)
}

function broken(why: string): UserError {
  return new UserError(`broken RPM header: ${why}`)
}
