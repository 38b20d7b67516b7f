import { UserError } from '../lib/errors.ts'

/** Where the values of a tag stand in the bytes of a header. */
export interface Span {
  readonly type: number
  /** From the header's first byte. */
  readonly offset: number
  readonly count: number
}

export const types = { int16: 3, int32: 4, string: 6, binary: 7, stringArray: 8 } as const
export const regions = { signatures: 62, immutable: 63 } as const

const magic = Buffer.from('8eade80100000000', 'hex')
const introSize = 16
const entrySize = 16

/**
 * The header as the package was built with it, out of a row of an rpm database: rpm adds tags behind what it was given
 * and keeps that as a region, so that its digest can be proved for ever (rpm's lib/header.cc). With the magic before it,
 * as a file has it.
 */
export function originalHeader(row: Buffer): Buffer {
  if (row.length < 8 + entrySize) throw broken(`it has ${row.length} bytes`)
  const [count, tag, trailer] = [row.readUInt32BE(0), row.readUInt32BE(8), row.readInt32BE(16)]
  const data = row.subarray(8 + count * entrySize)
  if (tag !== regions.immutable) throw broken(`it begins with tag ${tag}`)
  if (trailer < 0 || trailer + entrySize > data.length) throw broken(`its region ends at ${trailer}`)
  const entries = -data.readInt32BE(trailer + 8) / entrySize
  if (!Number.isInteger(entries) || entries < 1 || entries > count)
    throw broken(`its region has ${entries} tags`)
  const size = trailer + entrySize
  return Buffer.concat([
    intro(entries, size),
    row.subarray(8, 8 + entries * entrySize),
    data.subarray(0, size),
  ])
}

/** By tag, where its values stand. */
export function spansOf(header: Buffer): Map<number, Span> {
  const count = header.readUInt32BE(8)
  const data = introSize + count * entrySize
  return new Map(
    Array.from({ length: count }, (_, index) => {
      const at = introSize + index * entrySize
      const [tag, type] = [header.readUInt32BE(at), header.readUInt32BE(at + 4)]
      return [tag, { type, offset: data + header.readInt32BE(at + 8), count: header.readUInt32BE(at + 12) }]
    }),
  )
}

/** Puts other values in the place of a tag's: the rest of the header stays, byte for byte. */
export function overwrite(header: Buffer, tag: number, values: readonly (string | number)[]): void {
  const span = spansOf(header).get(tag)
  if (!span) return
  const bytes = Buffer.concat(values.map(value => encoded(value, span.type)))
  const isText = span.type === types.string || span.type === types.stringArray
  const end = isText ? endOfStrings(header, span) : span.offset + bytes.length
  if (span.count !== values.length || end - span.offset !== bytes.length)
    throw broken(`tag ${tag} has ${span.count} values in ${end - span.offset} bytes, not ${bytes.length}`)
  bytes.copy(header, span.offset)
}

/** A header of these tags, which come in ascending order, in a region: as files begin, with the magic. */
export function buildHeader(
  region: number,
  tags: readonly (readonly [number, Buffer | number | string])[],
): Buffer {
  const data: Buffer[] = []
  let size = 0
  const put = (bytes: Buffer, alignment = 1) => {
    const padding = -size & (alignment - 1)
    data.push(Buffer.alloc(padding), bytes)
    size += padding + bytes.length
    return size - bytes.length
  }
  const entries = tags.map(([tag, value]) => {
    const type = Buffer.isBuffer(value)
      ? types.binary
      : typeof value === 'number'
        ? types.int32
        : types.string
    const bytes = Buffer.isBuffer(value) ? value : encoded(value, type)
    return entry(
      tag,
      type,
      put(bytes, type === types.int32 ? 4 : 1),
      Buffer.isBuffer(value) ? value.length : 1,
    )
  })
  const all = entries.length + 1
  const trailer = put(entry(region, types.binary, -all * entrySize, entrySize))
  return Buffer.concat([
    intro(all, size),
    entry(region, types.binary, trailer, entrySize),
    ...entries,
    ...data,
  ])
}

function intro(entries: number, size: number): Buffer {
  const bytes = Buffer.alloc(introSize)
  magic.copy(bytes)
  bytes.writeUInt32BE(entries, 8)
  bytes.writeUInt32BE(size, 12)
  return bytes
}

function entry(tag: number, type: number, offset: number, count: number): Buffer {
  const bytes = Buffer.alloc(entrySize)
  bytes.writeUInt32BE(tag, 0)
  bytes.writeUInt32BE(type, 4)
  bytes.writeInt32BE(offset, 8)
  bytes.writeUInt32BE(count, 12)
  return bytes
}

function encoded(value: string | number, type: number): Buffer {
  if (typeof value === 'string') return Buffer.from(`${value}\0`)
  const bytes = Buffer.alloc(type === types.int16 ? 2 : 4)
  bytes.writeUIntBE(value, 0, bytes.length)
  return bytes
}

function endOfStrings(header: Buffer, { offset, count }: Span): number {
  let at = offset
  for (let left = count; left > 0; left--) at = header.indexOf(0, at) + 1
  return at
}

function broken(why: string): UserError {
  return new UserError(`an RPM header cannot be replayed: ${why}`)
}
