import { UserError } from '../lib/errors.ts'
import { readAt } from './content.ts'
import { type PaxRecords, paxNumber, sparseMap } from './pax.ts'
import { blockSize, formatOf, parseNumber } from './tar-fields.ts'

/** A part of a sparse file's content that its archive holds. */
export interface Extent {
  /** Where in the file. */
  readonly start: number
  readonly size: number
  /** Where in the archive. */
  readonly offset: number
}

/** What a sparse file's map says. */
export interface SparseContent {
  /** Bytes with the holes. */
  readonly size: number
  /** Of the first byte that is kept. */
  readonly offset: number
  readonly extents: readonly Extent[]
}

/** How long Go's reader lets a map be. */
const maxMap = 1 << 20
/** An entry of the old format's map: where in the file and how long, 12 bytes each. */
const slot = 24

/**
 * GNU's old format: four slots in the header, further ones in blocks after it, which say at their end whether one more
 * follows. `position` is that of the byte after the header, `stored` the size of what comes after those blocks.
 */
export function readOldSparse(fd: number, header: Buffer, position: number, stored: number): SparseContent {
  if (formatOf(header) !== 'gnu') throw new UserError('a sparse file in a header that is not of GNU tar')
  const slots = [header.subarray(386, 386 + 4 * slot)]
  let offset = position
  for (let more = header[482] !== 0; more; ) {
    const block = readAt(fd, offset, blockSize)
    if (block.length < blockSize || offset - position > maxMap)
      throw new UserError('a sparse map without an end')
    slots.push(block.subarray(0, 21 * slot))
    more = block[504] !== 0
    offset += blockSize
  }
  const numbers: number[] = []
  for (const bytes of slots) {
    for (let at = 0; at < bytes.length && bytes[at] !== 0; at += slot) {
      numbers.push(
        ...[0, 12].map(field => sparseNumber(parseNumber(bytes.subarray(at + field, at + field + 12)))),
      )
    }
  }
  return place(numbers, offset, stored, sparseNumber(parseNumber(header.subarray(483, 495))))
}

/** True for an entry whose pax records say that it is a sparse file, in one of GNU's three ways. */
export function isPaxSparse(pax: PaxRecords): boolean {
  const version = versionOf(pax)
  return ['0.0', '0.1', '1.0'].includes(version) || (version === '.' && pax.has(sparseMap))
}

/** Version 1.0 has the map before the content, the older ones have it in a record. */
export function readPaxSparse(fd: number, pax: PaxRecords, position: number, stored: number): SparseContent {
  const size = paxNumber(pax, 'GNU.sparse.size') ?? paxNumber(pax, 'GNU.sparse.realsize') ?? stored
  if (versionOf(pax) !== '1.0') {
    const text = pax.get(sparseMap)?.toString('latin1') ?? ''
    return place(text === '' ? [] : text.split(',').map(decimal), position, stored, size)
  }
  const lines = readAt(fd, position, Math.min(stored, maxMap))
    .toString('latin1')
    .split('\n', 2 * maxMap)
  const count = decimal(lines[0]!) * 2
  if (lines.length < count + 2) throw new UserError('a sparse map without an end')
  const map = lines.slice(0, count + 1)
  const length = Math.ceil((map.join('\n').length + 1) / blockSize) * blockSize
  return place(map.slice(1).map(decimal), position + length, stored - length, size)
}

function versionOf(pax: PaxRecords): string {
  return ['major', 'minor'].map(part => pax.get(`GNU.sparse.${part}`)?.toString('latin1') ?? '').join('.')
}

/** Pairs of start and size as the extents that they are. The parts follow each other, in the file as in the archive. */
function place(numbers: readonly number[], offset: number, stored: number, size: number): SparseContent {
  const extents: Extent[] = []
  let end = 0
  let used = 0
  for (let at = 0; at < numbers.length; at += 2) {
    const [start, length] = [numbers[at]!, sparseNumber(numbers[at + 1])]
    if (start < end || start + length > size) throw new UserError('a sparse map that does not fit its file')
    if (length > 0) extents.push({ start, size: length, offset: offset + used })
    end = start + length
    used += length
  }
  if (used !== stored) throw new UserError(`a sparse map of ${used} bytes for ${stored}`)
  return { size: sparseNumber(size), offset, extents }
}

function decimal(text: string): number {
  return sparseNumber(/^\d{1,16}$/.test(text) ? Number(text) : undefined)
}

function sparseNumber(value: number | undefined): number {
  if (value !== undefined && value >= 0 && Number.isSafeInteger(value)) return value
  throw new UserError('a sparse map with a number that is none')
}
