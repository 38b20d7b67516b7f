import { UserError } from '../lib/errors.ts'

export const blockSize = 512

/** Where a header's fields are: first byte, length. */
const fields = {
  name: [0, 100],
  mode: [100, 8],
  uid: [108, 8],
  gid: [116, 8],
  size: [124, 12],
  mtime: [136, 12],
  checksum: [148, 8],
  linkname: [157, 100],
  magic: [257, 8],
  devMajor: [329, 8],
  devMinor: [337, 8],
  prefix: [345, 155],
  starPrefix: [345, 131],
  gnuAtime: [345, 12],
  gnuCtime: [357, 12],
  starTrailer: [508, 4],
} as const

type Field = keyof typeof fields

/** `size` and what fills its last block. */
export function padded(size: number): number {
  return Math.ceil(size / blockSize) * blockSize
}

/** The checksum of a header, whose own field counts as blanks. */
export function sum(header: Buffer): number {
  return header.reduce((total, byte) => total + byte, 0)
}

/** True when the checksum is right; programs of old added bytes up as signed numbers. */
export function isHeader(header: Buffer): boolean {
  const written = parseNumber(fieldOf(header, 'checksum'))
  const blank = Buffer.from(header).fill(0x20, 148, 156)
  return written === sum(blank) || written === new Int8Array(blank).reduce((total, byte) => total + byte, 0)
}

/** `ustar`, as POSIX has it, `gnu`, whose prefix field is none, or the `v7` from before both. */
export function formatOf(header: Buffer): 'ustar' | 'gnu' | 'v7' {
  const magic = fieldOf(header, 'magic').toString('latin1')
  if (magic.startsWith('ustar\0')) return 'ustar'
  return magic === 'ustar  \0' ? 'gnu' : 'v7'
}

/** The name that the header alone says, its prefix before it. */
export function nameOf(header: Buffer): Buffer {
  const prefix = prefixOf(header)
  const name = textOf(header, 'name')
  return prefix.length > 0 ? Buffer.concat([prefix, Buffer.from('/'), name]) : name
}

function prefixOf(header: Buffer): Buffer {
  const format = formatOf(header)
  const isStar = fieldOf(header, 'starTrailer').toString('latin1') === 'tar\0'
  if (format === 'ustar') return textOf(header, isStar ? 'starPrefix' : 'prefix')
  // Docker of 2016 wrote prefixes into GNU headers, where times belong; its successors still read them.
  const times = (['gnuAtime', 'gnuCtime'] as const).map(field => parseNumber(fieldOf(header, field)))
  const prefix = textOf(header, 'prefix')
  const isOldDocker = format === 'gnu' && times.includes(undefined) && prefix.every(byte => byte < 0x80)
  return isOldDocker ? prefix : Buffer.alloc(0)
}

/** The bytes of a field of text, which a zero ends. */
export function textOf(header: Buffer, field: Field): Buffer {
  return untilZero(fieldOf(header, field))
}

export function untilZero(bytes: Buffer): Buffer {
  const end = bytes.indexOf(0)
  return end === -1 ? bytes : bytes.subarray(0, end)
}

/** The number in a field. Throws UserError for what is none. */
export function readNumber(header: Buffer, field: Field): number {
  const bytes = fieldOf(header, field)
  const value = parseNumber(bytes)
  if (value !== undefined) return value
  throw new UserError(
    `its ${field} is ${JSON.stringify(untilZero(bytes).toString('latin1'))}, which is no number`,
  )
}

/** Octal digits among blanks and zeros, or GNU's base-256, in two's complement, where the first bit is set. */
export function parseNumber(bytes: Buffer): number | undefined {
  if (bytes[0]! & 0x80) {
    const value = Number(BigInt.asIntN(8 * bytes.length - 1, BigInt(`0x${bytes.toString('hex')}`)))
    return Number.isSafeInteger(value) ? value : undefined
  }
  const [digits = ''] = bytes
    .toString('latin1')
    .replace(/^[ \0]+|[ \0]+$/g, '')
    .split('\0')
  if (digits === '') return 0
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : undefined
}

function fieldOf(header: Buffer, field: Field): Buffer {
  const [start, length] = fields[field]
  return header.subarray(start, start + length)
}
