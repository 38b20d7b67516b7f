import { closeSync, fstatSync, openSync } from 'node:fs'
import { UserError } from '../lib/errors.ts'
import { readAt } from './content.ts'
import { parsePax } from './pax.ts'
import { type Archive, inside, readEntry, type Special, type TarEntry } from './tar-entry.ts'
import { blockSize, isHeader, padded, readNumber, untilZero } from './tar-fields.ts'

/** How long Go's reader lets long names and pax records be. */
const maxSpecial = 1 << 20

/**
 * Reads the headers of an uncompressed tar archive as Go's archive/tar does, which the engines unpack with: v7, ustar,
 * star, pax, GNU's long names and sparse files. Global pax headers say nothing, and the blocks that end an archive may
 * be missing. Throws UserError, which begins with `what`, for anything else.
 */
export function* readTar(file: string, what = file): Generator<TarEntry> {
  const fd = openSync(file, 'r')
  try {
    const archive = { fd, end: fstatSync(fd).size }
    for (let position = 0; ; ) {
      const found = named(what, position, () => readNext(archive, position))
      if (!found) return
      yield found.entry
      position = found.next
    }
  } finally {
    closeSync(fd)
  }
}

function named<T>(what: string, position: number, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    throw new UserError(`${what}: ${error.message} at byte ${position}`)
  }
}

/** The entry whose first header is at `start`; undefined at the end of the archive. */
function readNext(archive: Archive, start: number): { entry: TarEntry; next: number } | undefined {
  const special: Special = { pax: new Map() }
  for (let position = start; ; ) {
    const header = readHeader(archive, position)
    if (!header) return undefined
    position += blockSize
    const flag = String.fromCharCode(header[156]!)
    if (!'xgLK'.includes(flag)) return readEntry(archive, header, position, special)
    const size = inside(archive, position, readNumber(header, 'size'))
    if (size > maxSpecial)
      throw new UserError(`a long name or pax header of ${size} bytes, at most ${maxSpecial} are read,`)
    const content = readAt(archive.fd, position, size)
    position += padded(size)
    if (flag === 'x' || flag === 'g') {
      const records = parsePax(content)
      if (flag === 'x') special.pax = records
    }
    if (flag === 'L') special.name = untilZero(content)
    if (flag === 'K') special.linkname = untilZero(content)
  }
}

/** Two blocks of zeros are the end. So is one, or none, with nothing behind. */
function readHeader({ fd }: Archive, position: number): Buffer | undefined {
  const blocks = readAt(fd, position, 2 * blockSize)
  const isWhole = blocks.length % blockSize === 0
  if (isWhole && blocks.every(byte => byte === 0)) return undefined
  if (blocks.length < blockSize) throw new UserError('cut short')
  const header = blocks.subarray(0, blockSize)
  if (isHeader(header)) return header
  throw new UserError('no tar header')
}
