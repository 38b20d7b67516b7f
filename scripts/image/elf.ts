import { UserError } from '../lib/errors.ts'

/** What the dynamic loader reads of an ELF file. */
export interface Elf {
  readonly bits: 32 | 64
  /** `e_machine`: 62 is x86-64, 183 is AArch64. */
  readonly machine: number
  /** `e_type`: 1 relocatable, 2 executable, 3 shared object or position-independent executable, 4 core. */
  readonly type: number
  /** No loader takes part: neither an interpreter nor a needed library. */
  readonly isStatic: boolean
  readonly interpreter?: string
  readonly soname?: string
  readonly needed: readonly string[]
  /** Directories as written, `$ORIGIN` included. */
  readonly rpath: readonly string[]
  readonly runpath: readonly string[]
}

interface Segment {
  readonly type: number
  readonly offset: number
  readonly address: number
  readonly size: number
}

/** Reads integers of one class and byte order. Throws UserError outside the bytes. */
interface Reader {
  readonly bits: 32 | 64
  u16(offset: number): number
  u32(offset: number): number
  /** An address or offset: 4 or 8 bytes. */
  word(offset: number): number
  slice(offset: number, size: number, what: string): Buffer
}

const segmentTypes = { load: 1, dynamic: 2, interpreter: 3 }
const tags = { end: 0, needed: 1, strings: 5, stringsSize: 10, soname: 14, rpath: 15, runpath: 29 }
/** More than any real file has; keeps the work on a hostile one small. */
const [maxNeeded, maxString] = [4096, 4096]

/**
 * Parses what the System V ABI and glibc's loader define: both classes, both byte orders. Undefined if `bytes` are no
 * ELF file. Throws UserError if they claim to be one and are not, whatever the bytes are.
 */
export function parseElf(bytes: Buffer): Elf | undefined {
  if (bytes.length < 4 || bytes.readUInt32BE(0) !== 0x7f454c46) return undefined
  const reader = readerFor(bytes)
  const segments = readSegments(reader)
  const interpreter = readInterpreter(reader, segments)
  const dynamic = readDynamic(reader, segments)
  return {
    bits: reader.bits,
    machine: reader.u16(18),
    type: reader.u16(16),
    isStatic: interpreter === undefined && dynamic.needed.length === 0,
    ...(interpreter !== undefined && { interpreter }),
    ...dynamic,
  }
}

function readerFor(bytes: Buffer): Reader {
  const bits = { 1: 32, 2: 64 }[bytes[4] ?? 0] as 32 | 64 | undefined
  const order = { 1: 'LE', 2: 'BE' }[bytes[5] ?? 0] as 'LE' | 'BE' | undefined
  if (!bits || !order) throw malformed(`class ${bytes[4]}, byte order ${bytes[5]}; both are 1 or 2`)
  const slice = (offset: number, size: number, what: string) => {
    if (offset + size <= bytes.length) return bytes.subarray(offset, offset + size)
    throw malformed(`${what} at ${offset}, ${size} bytes long, is outside its ${bytes.length} bytes`)
  }
  const u16 = (offset: number) => slice(offset, 2, 'a field')[`readUInt16${order}`]()
  const u32 = (offset: number) => slice(offset, 4, 'a field')[`readUInt32${order}`]()
  const u64 = (offset: number) => Number(slice(offset, 8, 'a field')[`readBigUInt64${order}`]())
  return { bits, u16, u32, word: bits === 64 ? u64 : u32, slice }
}

function readSegments({ bits, u16, u32, word }: Reader): Segment[] {
  const [table, size, at] = bits === 64 ? [word(32), 56, 54] : [word(28), 32, 42]
  const count = u16(at + 2)
  if (count > 0 && u16(at) !== size) throw malformed(`program headers of ${u16(at)} bytes instead of ${size}`)
  const [offset, address, length] = bits === 64 ? [8, 16, 32] : [4, 8, 16]
  return Array.from({ length: count }, (_, index) => table + index * size).map(header => ({
    type: u32(header),
    offset: word(header + offset),
    address: word(header + address),
    size: word(header + length),
  }))
}

/** A segment without content, as separate debug files have, says nothing. */
const find = (segments: Segment[], type: number) => segments.find(one => one.type === type && one.size > 0)

function readInterpreter({ slice }: Reader, segments: Segment[]): string | undefined {
  const segment = find(segments, segmentTypes.interpreter)
  return segment && readString(slice(segment.offset, segment.size, 'the interpreter'), 0)
}

function readDynamic(reader: Reader, segments: Segment[]) {
  const entries = dynamicEntries(reader, find(segments, segmentTypes.dynamic))
  const value = (tag: number) => entries.find(entry => entry.tag === tag)?.value
  const needed = entries.filter(entry => entry.tag === tags.needed)
  if (needed.length > maxNeeded) throw malformed(`it needs ${needed.length} libraries`)
  const address = value(tags.strings)
  const strings = address === undefined ? Buffer.alloc(0) : stringTable(reader, segments, address, value)
  const string = (tag: number) => {
    const offset = value(tag)
    return offset === undefined ? undefined : readString(strings, offset)
  }
  const soname = string(tags.soname)
  const directories = (tag: number) => (string(tag) ?? '').split(':').filter(Boolean)
  return {
    needed: needed.map(entry => readString(strings, entry.value)),
    ...(soname !== undefined && { soname }),
    rpath: directories(tags.rpath),
    runpath: directories(tags.runpath),
  }
}

function dynamicEntries({ bits, word, slice }: Reader, segment: Segment | undefined) {
  const entries: { tag: number; value: number }[] = []
  if (!segment) return entries
  const width = bits / 8
  slice(segment.offset, segment.size, 'the dynamic section')
  for (let done = 0; done + 2 * width <= segment.size; done += 2 * width) {
    const at = segment.offset + done
    const tag = word(at)
    if (tag === tags.end) break
    entries.push({ tag, value: word(at + width) })
  }
  return entries
}

type Value = (tag: number) => number | undefined

function stringTable({ slice }: Reader, segments: Segment[], address: number, value: Value): Buffer {
  const inside = ({ type, address: start, size }: Segment) =>
    type === segmentTypes.load && start <= address && address < start + size
  const segment = segments.find(inside)
  if (!segment) throw malformed(`its string table at address ${address} is in no segment`)
  return slice(segment.offset + address - segment.address, value(tags.stringsSize) ?? 0, 'the string table')
}

function readString(table: Buffer, offset: number): string {
  const end = offset < table.length ? table.indexOf(0, offset) : -1
  if (end < 0 || end - offset > maxString) throw malformed(`no string ends after offset ${offset}`)
  return table.toString('utf8', offset, end)
}

function malformed(why: string): UserError {
  return new UserError(`malformed ELF file: ${why}`)
}
