import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import initSqlJs from 'sql.js'
import { UserError } from '../../scripts/lib/errors.ts'
import { inRepo } from '../../scripts/lib/paths.ts'
import { parseHeader } from '../../scripts/rpm/header.ts'
import { fileFlags, fileStates, nvra, type Package } from '../../scripts/rpm/package.ts'
import { readPackages } from '../../scripts/rpm/rpmdb.ts'
import { directoryOf } from '../../scripts/testing/checks/directory-image.ts'

const spec = `
Name: first
Epoch: 3
Version: 1.2
Release: 3.lab
Summary: two packages
License: MIT and BSD
Vendor: the lab
Requires: other >= 1:2
%description
%package -n second-data
Summary: data
BuildArch: noarch
%description -n second-data
%install
mkdir -p %{buildroot}/usr/bin %{buildroot}/etc %{buildroot}/usr/share/doc
echo program > %{buildroot}/usr/bin/first
ln -s first %{buildroot}/usr/bin/alias
echo text > %{buildroot}/usr/share/doc/first
touch %{buildroot}/etc/state %{buildroot}/etc/first.conf
%files
%attr(4755, root, root) /usr/bin/first
/usr/bin/alias
%doc /usr/share/doc/first
%config /etc/first.conf
%files -n second-data
%ghost /etc/state
`
const root = directoryOf({ 'first.spec': spec })
const rpm = (...args: string[]) =>
  execFileSync('rpm', ['--dbpath', join(root, 'db'), '--define', '_db_backend sqlite', ...args], {
    encoding: 'utf8',
    stdio: 'pipe',
    env: { ...process.env, LC_ALL: 'C' },
  })

let database: Buffer
let packages: Package[]

before(async () => {
  const build = [
    '-bb',
    '--define',
    `_topdir ${root}`,
    '--define',
    `_rpmdir ${root}/rpms`,
    join(root, 'first.spec'),
  ]
  execFileSync('rpmbuild', build, { stdio: 'pipe' })
  const made = execFileSync('find', [join(root, 'rpms'), '-name', '*.rpm'], { encoding: 'utf8' })
  rpm('--initdb')
  const target = ['--root', join(root, 'installed'), '--dbpath', '/db', '--define', '_db_backend sqlite']
  execFileSync('rpm', ['--initdb', ...target], { stdio: 'pipe' })
  execFileSync('rpm', ['-i', '--nodeps', '--excludedocs', ...target, ...made.trim().split('\n')], {
    stdio: 'pipe',
  })
  const key = inRepo('images/distro/lab/files/system-release/etc/pki/rpm-gpg/RPM-GPG-KEY-lab')
  execFileSync('rpm', [...target, '--import', key], { stdio: 'pipe' })
  execFileSync('cp', ['-rT', join(root, 'installed/db'), join(root, 'db')])
  database = outOfWal(readFileSync(join(root, 'db/rpmdb.sqlite')))
  packages = readPackages(database)
})

describe('a database that rpm made', () => {
  test('lists what rpm -qa lists', () => {
    const listed = rpm('-qa').trim().split('\n').sort()
    assert.equal(listed.length, 3)
    assert.deepEqual(packages.map(nvra).sort(), listed)
  })
  test('a key has no architecture', () => {
    assert.match(
      packages.map(nvra).find(name => name.startsWith('gpg'))!,
      /^gpg-pubkey-[0-9a-f]{8}-[0-9a-f]{8}$/,
    )
  })
  test('epoch, licence, vendor and source are there if the package has them', () => {
    const [first, second] = ['first', 'second-data'].map(name => packages.find(one => one.name === name))
    assert.deepEqual([first?.epoch, first?.license, first?.vendor], [3, 'MIT and BSD', 'the lab'])
    assert.equal(first?.sourceRpm, 'first-1.2-3.lab.src.rpm')
    assert.equal(second?.arch, 'noarch')
  })
  test('what it requires and provides is what rpm prints', () => {
    for (const [what, tag] of [
      ['requires', 'REQUIRE'],
      ['provides', 'PROVIDE'],
    ] as const) {
      const printed = rpm('-qa', '--qf', `[%{${tag}NAME} %{${tag}FLAGS} %{${tag}VERSION}\n]`).trim()
      const ours = packages.flatMap(one => one[what])
      assert.deepEqual(
        ours.map(({ name, flags, version = '' }) => `${name} ${flags} ${version}`).sort(),
        printed.split('\n').sort(),
      )
    }
    const { version } = packages[0]!.requires.find(({ name }) => name === 'other')!
    assert.equal(version, '1:2')
  })
  test('every file has the mode, size, flags and state that rpm prints', () => {
    const format = '[%{FILENAMES} %{FILEMODES} %{FILESIZES} %{FILEFLAGS} %{FILESTATES}\n]'
    const printed = rpm('-qa', '--qf', format).trim()
    const files = packages.flatMap(one => one.files)
    const ours = files.map(
      ({ path, mode, size, flags, state }) => `${path} ${mode} ${size} ${flags} ${state}`,
    )
    assert.deepEqual(ours.sort(), printed.split('\n').sort())
  })
  test('a doc left out is marked, so are ghosts', () => {
    const file = (path: string) => packages.flatMap(one => one.files).find(one => one.path === path)!
    assert.equal(file('/usr/share/doc/first').state, fileStates.notInstalled)
    assert.ok(file('/etc/state').flags & fileFlags.ghost)
    assert.equal(file('/usr/bin/first').mode, 0o104755)
  })
})

describe('a database that cannot be trusted is an error of words', () => {
  const rejects = (bytes: Buffer, message: RegExp) =>
    assert.throws(() => readPackages(bytes), { name: 'UserError', message })
  test('not SQLite', () => rejects(Buffer.from('Berkeley'), /no SQLite 3 database/))
  test('in WAL mode', () => {
    const wal = Buffer.from(database)
    wal[18] = wal[19] = 2
    rejects(wal, /WAL mode/)
  })
  test('cut off', () =>
    rejects(database.subarray(0, 8192), /broken database: page \d+ is named, there are 2/))
  test('without the table', async () =>
    rejects(await sqlite('CREATE TABLE other (x)'), /it has no table Packages/))
  test('with a broken header', async () => {
    const rows =
      "CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB); INSERT INTO Packages VALUES (7, x'0011')"
    await rejects(await sqlite(rows), /package 7: broken RPM header: it has 2 bytes/)
  })
})

test('hostile headers give a package or a UserError', async () => {
  const { Database } = await initSqlJs()
  const blob = Buffer.from(
    new Database(database).exec('SELECT blob FROM Packages')[0]!.values[0]![0] as Uint8Array,
  )
  const tags = [...Array(300).keys()].map(tag => tag + 1000)
  const survives = (bytes: Buffer) => {
    for (const read of ['string', 'strings', 'numbers'] as const) {
      for (const tag of tags) {
        try {
          parseHeader(bytes)[read](tag)
        } catch (error) {
          if (!(error instanceof UserError)) throw error
        }
      }
    }
  }
  for (let length = 0; length < blob.length; length += 97) survives(blob.subarray(0, length))
  const entries = 8 + 16 * blob.readUInt32BE(0)
  for (let at = 0; at < entries; at += 1 + (at % 3)) {
    const copy = Buffer.from(blob)
    copy[at] = at % 2 ? 0xff : copy[at]! ^ 1
    survives(copy)
  }
})

/** rpm leaves its databases in WAL mode, with nothing in the log. */
function outOfWal(bytes: Buffer): Buffer {
  bytes[18] = bytes[19] = 1
  return bytes
}

async function sqlite(statements: string): Promise<Buffer> {
  const { Database } = await initSqlJs()
  const db = new Database()
  db.run(statements)
  return Buffer.from(db.export())
}
