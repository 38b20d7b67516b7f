import { closeSync, openSync, readSync } from 'node:fs'
import { UserError } from '../lib/errors.ts'
import type { Extent } from './sparse.ts'

/** Where the content of a file lies. */
interface Content {
  readonly size: number
  readonly offset: number
  readonly extents?: readonly Extent[]
}

/** What one read of the system gives at most. */
const maxRead = 1 << 30
/** The largest that is read into memory as a whole. */
const maxWhole = 2 ** 31 - 1

/** `length` bytes at `position`, or fewer at the end of the file. */
export function readAt(fd: number, position: number, length: number): Buffer {
  const buffer = Buffer.alloc(length)
  let filled = 0
  while (filled < length) {
    const count = readSync(fd, buffer, filled, Math.min(maxRead, length - filled), position + filled)
    if (count === 0) break
    filled += count
  }
  return buffer.subarray(0, filled)
}

const chunk = Buffer.alloc(1 << 20)
const zeros = Buffer.alloc(1 << 20)

/** The content of a file piece by piece, holes as zeros. A piece is good until the next one is asked for. */
export function* piecesOf(fd: number, { size, offset, extents }: Content): Generator<Buffer> {
  let at = 0
  for (const extent of extents ?? [{ start: 0, size, offset }]) {
    yield* hole(extent.start - at)
    yield* stored(fd, extent)
    at = extent.start + extent.size
  }
  yield* hole(size - at)
}

/** The whole content of a file that `layer` holds. Throws UserError for one of 2 GiB or more. */
export function wholeContent(layer: string, content: Content & { readonly name: string }): Buffer {
  if (content.size > maxWhole) {
    const name = JSON.stringify(content.name)
    throw new UserError(`${name} has ${content.size} bytes; at most ${maxWhole} are read into memory`)
  }
  const fd = openSync(layer, 'r')
  try {
    const whole = Buffer.alloc(content.size)
    let filled = 0
    for (const piece of piecesOf(fd, content)) filled += piece.copy(whole, filled)
    return whole
  } finally {
    closeSync(fd)
  }
}

function* stored(fd: number, { size, offset }: Extent): Generator<Buffer> {
  for (let done = 0; done < size; ) {
    const count = readSync(fd, chunk, 0, Math.min(chunk.length, size - done), offset + done)
    if (count === 0) throw new Error(`content ends ${size - done} bytes early at byte ${offset + done}`)
    yield chunk.subarray(0, count)
    done += count
  }
}

function* hole(size: number): Generator<Buffer> {
  for (let left = size; left > 0; left -= zeros.length) yield zeros.subarray(0, Math.min(zeros.length, left))
}
