import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import initSqlJs from 'sql.js'
import { openImage } from '../scripts/image/open.ts'
import { UserError } from '../scripts/lib/errors.ts'
import { chosenPlatforms } from '../scripts/lib/settings.ts'
import { nvra } from '../scripts/rpm/package.ts'
import { readPackages, rpmdbPath } from '../scripts/rpm/rpmdb.ts'
import { numbers } from '../scripts/testing/numbers.ts'
import { findImage, readWorkspace } from '../scripts/workspace/workspace.ts'

const { Database } = await initSqlJs()
type Random = (below: number) => number

/** The rpm database of an image that was built here. */
let original: Buffer

before(async () => {
  const images = readWorkspace()
  const image = await openImage(images, findImage(images, 'minimal-base-glibc'), chosenPlatforms()[0]!)
  original = image.read(rpmdbPath)
})

const pageSize = (bytes: Buffer) => bytes.readUInt16BE(16)
const extremes = [0, 1, 2, 0xff, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff]

/** Each takes a copy of the database and damages it in its way. */
const damages: Record<string, (bytes: Buffer, random: Random) => Buffer> = {
  'flipped bits': (bytes, random) => {
    for (let left = 1 + random(64); left > 0; left--) {
      const at = random(bytes.length)
      bytes[at] = bytes[at]! ^ (1 << random(8))
    }
    return bytes
  },
  'flipped bits in the heads of pages': (bytes, random) => {
    for (let left = 1 + random(8); left > 0; left--) {
      const at = random(bytes.length / pageSize(bytes)) * pageSize(bytes) + random(40)
      bytes[at] = random(256)
    }
    return bytes
  },
  truncated: (bytes, random) => bytes.subarray(0, random(bytes.length)),
  'pages in each other’s places': (bytes, random) => {
    const page = () => {
      const at = random(bytes.length / pageSize(bytes)) * pageSize(bytes)
      return bytes.subarray(at, at + pageSize(bytes))
    }
    for (let left = 1 + random(4); left > 0; left--) {
      const [a, b] = [page(), page()]
      const kept = Buffer.from(a)
      a.set(b)
      if (random(2)) b.set(kept)
    }
    return bytes
  },
  'extreme numbers anywhere': (bytes, random) => {
    for (let left = 1 + random(8); left > 0; left--) {
      bytes.writeUInt32BE(extremes[random(extremes.length)]!, random(bytes.length - 4))
    }
    return bytes
  },
  'extreme counts and sizes of a header': (bytes, random) =>
    withHeader(bytes, random, header => {
      header.writeUInt32BE(extremes[random(extremes.length)]!, 4 * random(2))
      return header
    }),
  'extreme tags, types, offsets and counts': (bytes, random) =>
    withHeader(bytes, random, header => {
      for (let left = 1 + random(6); left > 0; left--) {
        const at = 8 + 4 * random(4 * header.readUInt32BE(0))
        header.writeUInt32BE(random(2) ? extremes[random(extremes.length)]! : random(2000), at)
      }
      return header
    }),
  'strings without ends': (bytes, random) =>
    withHeader(bytes, random, header => {
      const from = 8 + 16 * header.readUInt32BE(0) + random(header.length / 2)
      const to = random(2) ? header.length : from + random(header.length - from)
      for (let at = from; at < to; at++) if (header[at] === 0) header[at] = 0x61
      return header
    }),
  'a header cut short or too long': (bytes, random) =>
    withHeader(bytes, random, header =>
      random(2)
        ? header.subarray(0, random(header.length))
        : Buffer.concat([header, Buffer.alloc(random(9999))]),
    ),
}

/** Has SQLite itself put a changed header in the place of one of the packages'. */
function withHeader(bytes: Buffer, random: Random, change: (header: Buffer) => Buffer): Buffer {
  const db = new Database(bytes)
  const rows = db.exec('SELECT hnum, blob FROM Packages')[0]!.values
  const [hnum, blob] = rows[random(rows.length)]!
  db.run('UPDATE Packages SET blob = ? WHERE hnum = ?', [change(Buffer.from(blob as Uint8Array)), hnum!])
  const changed = Buffer.from(db.export())
  db.close()
  return changed
}

const each = 130
/** Milliseconds and bytes that reading one database may take: much more than it does, much less than too much. */
const most = { time: 2000, memory: 64 << 20 }

for (const [number, [what, damage]] of Object.entries(damages).entries()) {
  test(`${each} databases with ${what}: packages or a UserError`, () => {
    const outcomes = { packages: 0, refused: 0 }
    for (let seed = 0; seed < each; seed++) {
      const random = numbers(number * each + seed)
      const bytes = damage(Buffer.from(original), random)
      const started = performance.now()
      const before = process.memoryUsage()
      try {
        for (const one of readPackages(bytes)) assert.match(nvra(one), /^[\x21-\x7e]+$/)
        outcomes.packages++
      } catch (error) {
        if (!(error instanceof UserError)) throw new Error(`seed ${seed}`, { cause: error })
        assert.match(error.message, /^rpmdb\.sqlite: |^rpmdb\.sqlite, package \d+: /)
        assert.doesNotMatch(error.message, /\n/)
        outcomes.refused++
      }
      const after = process.memoryUsage()
      const memory = after.heapUsed + after.external - before.heapUsed - before.external
      assert.ok(performance.now() - started < most.time, `seed ${seed} took too long`)
      assert.ok(memory < most.memory, `seed ${seed} took ${memory} bytes`)
    }
    assert.equal(outcomes.packages + outcomes.refused, each)
    assert.ok(outcomes.refused > 0, 'this damage does none')
    console.log(`# ${what}: ${outcomes.packages} read, ${outcomes.refused} refused`)
  })
}
