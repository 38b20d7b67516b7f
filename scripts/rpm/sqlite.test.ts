import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import initSqlJs from 'sql.js'
import { numbers } from '../testing/numbers.ts'
import { readTable } from './sqlite.ts'

const { Database } = await initSqlJs()

/** What SQLite writes for these statements. */
function sqlite(...statements: string[]): Buffer {
  const db = new Database()
  for (const statement of statements) db.run(statement)
  return Buffer.from(db.export())
}

const columns = 'CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB)'
const read = (bytes: Buffer) => readTable(bytes, 'Packages')
const rejects = (bytes: Buffer, message: RegExp) =>
  assert.throws(() => read(bytes), { name: 'UserError', message })

describe('rows are what SQLite says they are', () => {
  for (let seed = 1; seed <= 40; seed++) {
    test(`table ${seed}`, () => {
      const random = numbers(seed)
      const db = new Database()
      db.run(`PRAGMA page_size=${512 << random(8)}`)
      db.run(columns)
      db.run('CREATE TABLE other (text, number)')
      for (let row = random(300); row > 0; row--) {
        const blob = Buffer.alloc(random(2) ? random(200) : random(20_000), row)
        db.run('INSERT OR REPLACE INTO Packages VALUES (?, ?)', [1 + random(1 << (1 + random(30))), blob])
        db.run('INSERT INTO other VALUES (?, ?)', ['ü'.repeat(random(50)), random(1 << 30) - (1 << 29)])
      }
      db.run('DELETE FROM Packages WHERE hnum % 5 = 0')
      const all = (sql: string) => (db.exec(sql)[0]?.values ?? []) as [number, unknown][]
      const [expected, other] = [
        all('SELECT hnum, blob FROM Packages ORDER BY hnum'),
        all('SELECT text, number FROM other ORDER BY rowid'),
      ]
      const bytes = Buffer.from(db.export())
      assert.deepEqual(
        read(bytes).map(({ rowid, columns: [, blob] }) => [rowid, blob]),
        expected.map(([rowid, blob]) => [rowid, Buffer.from(blob as Uint8Array)]),
      )
      assert.deepEqual(
        readTable(bytes, 'other').map(row => row.columns),
        other,
      )
    })
  }
})

describe('a file made to waste time or memory is refused at once', () => {
  const blobs = (count: number) =>
    sqlite(
      'PRAGMA page_size=512',
      columns,
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<${count})
       INSERT INTO Packages SELECT i, zeroblob(100) FROM n`,
    )
  const page = (bytes: Buffer, number: number) => bytes.subarray((number - 1) * 512, number * 512)
  /** Interior pages of the table: first the root, which is page 2. */
  const interiorPages = (bytes: Buffer) =>
    [...Array(bytes.length / 512).keys()].map(index => page(bytes, index + 1)).filter(one => one[0] === 5)

  test('a view that never ends', () => {
    const endless = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT i, i AS blob FROM n'
    rejects(sqlite(`CREATE VIEW Packages AS ${endless}`), /it has no table Packages/)
  })
  test('a virtual table', () =>
    rejects(sqlite('CREATE VIRTUAL TABLE Packages USING fts3(blob)'), /page 0 is named/))
  test('a table without rowids', () =>
    rejects(sqlite('CREATE TABLE Packages (a PRIMARY KEY, blob) WITHOUT ROWID'), /page 2 has type 10/))
  test('a page that is its own child', () => {
    const bytes = blobs(100)
    interiorPages(bytes)[0]!.writeUInt32BE(2, 8)
    rejects(bytes, /page 2 is in two places/)
  })
  test('pages that all have the same children, level below level', () => {
    const bytes = blobs(10_000)
    const inner = interiorPages(bytes)
    assert.ok(inner.length > 20, `only ${inner.length} interior pages`)
    for (const [index, one] of inner.entries()) {
      const next = inner[index + 1]
      if (!next) continue
      const child = (next.byteOffset - bytes.byteOffset) / 512 + 1
      const first = one.readUInt16BE(12)
      for (let cell = 0; cell < one.readUInt16BE(3); cell++)
        one.writeUInt32BE(child, one.readUInt16BE(12 + 2 * cell))
      one.writeUInt32BE(child, 8)
      assert.ok(first > 0)
    }
    rejects(bytes, /is in two places/)
  })
  test('cells that all are the same cell', () => {
    const bytes = blobs(3)
    const root = page(bytes, 2)
    root.copyWithin(10, 8, 10)
    rejects(bytes, /row 1 comes after row 1/)
  })
  test('a row that claims all the memory there is', () => {
    const bytes = blobs(3)
    const root = page(bytes, 2)
    root.fill(0xff, root.readUInt16BE(8), root.readUInt16BE(8) + 8)
    rejects(bytes, /broken database/)
  })
  test('a chain of overflow pages that never ends', () => {
    const bytes = sqlite('PRAGMA page_size=512', columns, 'INSERT INTO Packages VALUES (1, zeroblob(3000))')
    page(bytes, 3).writeUInt32BE(3, 0)
    rejects(bytes, /page 3 is in two places/)
  })
})

describe('what is no database of ours is told by its header', () => {
  const changed = (at: number, value: number) => {
    const bytes = sqlite(columns)
    bytes[at] = value
    return bytes
  }
  test('nothing', () => rejects(Buffer.alloc(0), /its 0 bytes are no SQLite 3 database/))
  test('a page size of no power of two', () => rejects(changed(16, 3), /pages have 768 bytes/))
  test('pages that are all reserve', () => {
    const bytes = sqlite('PRAGMA page_size=512', columns)
    bytes[20] = 255
    rejects(bytes, /255 bytes of each page are reserved/)
  })
  test('UTF-16', () => rejects(sqlite('PRAGMA encoding="UTF-16le"', columns), /not UTF-8/))
})
