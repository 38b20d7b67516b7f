import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import initSqlJs from 'sql.js'
import { fileFlags, fileStates } from '../../rpm/package.ts'
import { rpmdbPath } from '../../rpm/rpmdb.ts'
import { imageOfFiles } from './directory-image.ts'
import type { Facts } from './facts.ts'
import { noLeftovers } from './leftovers.ts'
import { ownedFiles } from './owned.ts'
import { completePackages, rpmDatabase } from './rpm-database.ts'

interface FakeFile {
  path: string
  mode?: number
  flags?: number
  state?: number
}

interface FakePackage {
  name: string
  version?: string
  installTime?: number
  files?: (FakeFile | string)[]
}

describe('the rpm database', () => {
  const problems = async (packages: FakePackage[], more: Record<string, string> = {}) =>
    rpmDatabase(imageOfFiles({ ...more, [rpmdbPath]: await rpmdb(packages) }))

  test('is fine with packages of one install time', async () => {
    assert.deepEqual(await problems([{ name: 'a' }, { name: 'b' }]), [])
  })
  test('has to be there', () =>
    assert.rejects(rpmDatabase(imageOfFiles({})), { message: /rpmdb.sqlite is missing/ }))
  test('has to have packages', async () => assert.match((await problems([]))[0]!, /no package/))
  test('has no sidecars', async () => {
    const found = await problems([{ name: 'a' }], { [`${rpmdbPath}-shm`]: '', '/var/lib/rpm/.rpm.lock': '' })
    assert.deepEqual(found, [`${rpmdbPath}-shm is left over`, '/var/lib/rpm/.rpm.lock is left over'])
  })
  test('has one install time', async () => {
    assert.match((await problems([{ name: 'a' }, { name: 'b', installTime: 7 }]))[0]!, /INSTALLTIME differs/)
  })
  test('has a package once', async () => {
    const found = await problems([{ name: 'a' }, { name: 'a', version: '2' }])
    assert.deepEqual(found, ['a-1-1.noarch and a-2-1.noarch are both in the rpm database'])
  })
})

describe('a recorded file', () => {
  const missing = async (files: (FakeFile | string)[], facts: Facts = {}) =>
    completePackages(imageOfFiles({ [rpmdbPath]: await rpmdb([{ name: 'a', files }]) }), facts)

  test('is missed', async () => {
    assert.deepEqual(await missing(['/usr/bin/a']), ['/usr/bin/a of a-1-1.noarch is missing'])
  })
  test('is there, also through a link', async () => {
    const linked = imageOfFiles({
      '/usr/bin/a': '',
      '/bin': { type: 'symlink', link: 'usr/bin' },
      [rpmdbPath]: await rpmdb([{ name: 'a', files: ['/bin/a'] }]),
    })
    assert.deepEqual(await completePackages(linked, {}), [])
  })
  test('may be a ghost, a doc, not installed or no regular file', async () => {
    const files = [
      { path: '/g', flags: fileFlags.ghost },
      { path: '/d', flags: fileFlags.doc },
      { path: '/n', state: fileStates.notInstalled },
      { path: '/dir', mode: 0o40755 },
      '/usr/share/man/man1/a.1.gz',
    ]
    assert.deepEqual(await missing(files), [])
  })
  test('may be removed by the recipe', async () => {
    assert.deepEqual(await missing(['/etc/a.cnf', '/usr/a/b'], { removed: ['/etc/a.cnf', '/usr/a/'] }), [])
  })
})

test('bytecode is left over unless a package owns it', async () => {
  const [owned, unowned] = ['/usr/lib/__pycache__/a.pyc', '/usr/lib/__pycache__/b.pyc']
  const database = await rpmdb([{ name: 'a', files: [owned] }])
  const image = imageOfFiles({ [rpmdbPath]: database, [owned]: '', [unowned]: '' })
  assert.deepEqual(await noLeftovers(image, {}), [`${unowned}: bytecode`])
})

describe('files that no package has', () => {
  const problems = async (facts: Facts = {}) =>
    ownedFiles(
      imageOfFiles({
        [rpmdbPath]: await rpmdb([{ name: 'a', files: ['/bin/a'] }]),
        '/usr/bin/a': 'x',
        '/usr/bin/left': 'x',
        '/opt/own/file': 'x',
      }),
      facts,
    )

  test('are told', async () => {
    const found = await problems()
    assert.deepEqual(found.map(line => line.split(' ')[0]).sort(), ['/opt/own/file', '/usr/bin/left'])
  })
  test('are fine where the recipe makes them, which has to be so', async () => {
    assert.deepEqual(await problems({ made: ['/opt/own/', '/usr/bin/left'] }), [])
    assert.match(
      (await problems({ made: ['/opt/', '/usr/bin/left', '/usr/bin/a'] }))[0]!,
      /^\/usr\/bin\/a is said/,
    )
  })
})

async function rpmdb(packages: FakePackage[]): Promise<Buffer> {
  const { Database } = await initSqlJs()
  const db = new Database()
  db.run('CREATE TABLE Packages (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)')
  for (const one of packages) db.run('INSERT INTO Packages (blob) VALUES (?)', [header(one)])
  return Buffer.from(db.export())
}

function header({ name, version = '1', installTime = 1, files = [] }: FakePackage): Buffer {
  const all = files.map(file => (typeof file === 'string' ? { path: file } : file)) as FakeFile[]
  const strings = (values: string[]) => Buffer.from(values.map(value => `${value}\0`).join(''))
  const ints = (values: number[]) =>
    Buffer.concat(values.map(value => Buffer.from(Uint32Array.of(value).buffer).swap32()))
  const entries: [tag: number, type: number, count: number, data: Buffer][] = [
    [1000, 6, 1, strings([name])],
    [1001, 6, 1, strings([version])],
    [1002, 6, 1, strings(['1'])],
    [1008, 4, 1, ints([installTime])],
    [1022, 6, 1, strings(['noarch'])],
  ]
  if (all.length > 0) {
    entries.push(
      [1029, 4, all.length, ints(all.map(({ state = 0 }) => state))],
      [1030, 4, all.length, ints(all.map(({ mode = 0o100644 }) => mode))],
      [1037, 4, all.length, ints(all.map(({ flags = 0 }) => flags))],
      [1116, 4, all.length, ints(all.map(() => 0))],
      [1117, 8, all.length, strings(all.map(({ path }) => path.slice(1)))],
      [1118, 8, 1, strings(['/'])],
    )
  }
  const index: Buffer[] = []
  let offset = 0
  for (const [tag, type, count, data] of entries) {
    index.push(ints([tag, type, offset, count]))
    offset += data.length
  }
  return Buffer.concat([ints([entries.length, offset]), ...index, ...entries.map(entry => entry[3])])
}
