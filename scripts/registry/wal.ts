const headerSize = 32
const frameHeader = 24

/**
 * A SQLite database in WAL mode as it is after the last commit that its log holds, out of WAL mode. A log that belongs to
 * another state of the database, or is damaged from some point on, counts as far as SQLite would take it.
 * https://www.sqlite.org/fileformat2.html#walformat
 */
export function applyWal(database: Buffer, log: Buffer): Buffer {
  const { pages, count, pageSize } = committed(log)
  const whole = Buffer.alloc(count === undefined ? database.length : count * pageSize)
  database.copy(whole)
  for (const [number, page] of pages) if (number <= (count ?? 0)) page.copy(whole, (number - 1) * pageSize)
  if (whole.length >= 20) whole[18] = whole[19] = 1
  return whole
}

interface Committed {
  /** By number, from 1. */
  readonly pages: ReadonlyMap<number, Buffer>
  /** Pages of the database after the last commit; undefined where there is none. */
  readonly count?: number
  readonly pageSize: number
}

function committed(log: Buffer): Committed {
  const magic = log.length >= headerSize ? log.readUInt32BE(0) : 0
  const pageSize = magic ? log.readUInt32BE(8) : 0
  const isLog = (magic & ~1) >>> 0 === 0x377f0682 && pageSize >= 512 && pageSize <= 65536
  let sum: Sum = [0, 0]
  const isBig = (magic & 1) === 1
  if (isLog) sum = checksum(log.subarray(0, 24), sum, isBig)
  if (!isLog || sum[0] !== log.readUInt32BE(24) || sum[1] !== log.readUInt32BE(28)) {
    return { pages: new Map(), pageSize }
  }
  const [pages, open] = [new Map<number, Buffer>(), new Map<number, Buffer>()]
  let count: number | undefined
  for (let at = headerSize; at + frameHeader + pageSize <= log.length; at += frameHeader + pageSize) {
    const page = log.subarray(at + frameHeader, at + frameHeader + pageSize)
    sum = checksum(page, checksum(log.subarray(at, at + 8), sum, isBig), isBig)
    const isOfThisLog = log.compare(log, 16, 24, at + 8, at + 16) === 0
    if (!isOfThisLog || sum[0] !== log.readUInt32BE(at + 16) || sum[1] !== log.readUInt32BE(at + 20)) break
    open.set(log.readUInt32BE(at), page)
    const size = log.readUInt32BE(at + 4)
    if (size === 0) continue
    // No database has more pages than it had and the log has frames, or than are read in all.
    if (size * pageSize > maxBytes) break
    count = size
    for (const [number, content] of open) pages.set(number, content)
    open.clear()
  }
  return { pages, pageSize, ...(count !== undefined && { count }) }
}

/** As long as a database may be that is read here. */
const maxBytes = 512 << 20

type Sum = readonly [number, number]

function checksum(bytes: Buffer, [first, second]: Sum, isBig: boolean): Sum {
  let [a, b] = [first, second]
  for (let at = 0; at < bytes.length; at += 8) {
    a = (a + (isBig ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at)) + b) >>> 0
    b = (b + (isBig ? bytes.readUInt32BE(at + 4) : bytes.readUInt32LE(at + 4)) + a) >>> 0
  }
  return [a, b]
}
