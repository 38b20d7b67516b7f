import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { execa } from 'execa'
import { inRepo } from '../../scripts/lib/paths.ts'
import { applyWal } from '../../scripts/registry/wal.ts'
import { readRecorded } from '../../scripts/replay/recorded.ts'
import { rpmFile } from '../../scripts/replay/rpm-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'replay-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const spec = `
Name: first
Epoch: 3
Version: 1.2
Release: 3
Summary: a package with all that there is to replay
License: MIT
Requires(pre): /bin/sh
Recommends: other
Conflicts: (third and fourth)
%description
%install
mkdir -p %{buildroot}/usr/bin %{buildroot}/etc/first.d %{buildroot}/usr/share
printf '#!/bin/sh\\n' > %{buildroot}/usr/bin/first
ln -s first %{buildroot}/usr/bin/alias
echo one > %{buildroot}/usr/share/one
ln %{buildroot}/usr/share/one %{buildroot}/usr/share/two
ln %{buildroot}/usr/share/one %{buildroot}/usr/share/also
touch %{buildroot}/etc/first.conf %{buildroot}/etc/state
%post -p <lua>
print('post')
%posttrans
echo posttrans
%triggerin -- other
echo other
%transfiletriggerpostun -P 200 -- /usr/lib
echo gone
%files
%attr(4755, root, mail) /usr/bin/first
/usr/bin/alias
%dir %attr(1777, root, root) /etc/first.d
%config(noreplace) /etc/first.conf
%ghost /etc/state
/usr/share/*
`

const rpm = (...words: string[]) => execFileSync('rpm', words, { encoding: 'utf8', stdio: 'pipe' })
const dbpath = join(folder, 'db')

describe('a package that a database records', () => {
  let built: string
  let database: Buffer
  before(() => {
    writeFileSync(join(folder, 'spec'), spec)
    const [top, name] = [`_topdir ${folder}`, '_build_name_fmt built.rpm']
    const macros = [top, `_rpmdir ${folder}`, name].flatMap(macro => ['--define', macro])
    execFileSync('rpmbuild', ['-bb', '--quiet', ...macros, join(folder, 'spec')], { stdio: 'pipe' })
    built = join(folder, 'built.rpm')
    mkdirSync(dbpath)
    rpm(
      '--dbpath',
      dbpath,
      '--define',
      '_db_backend sqlite',
      '-i',
      '--justdb',
      '--nodeps',
      '--noscripts',
      built,
    )
    const log = join(dbpath, 'rpmdb.sqlite-wal')
    const bytes = readFileSync(join(dbpath, 'rpmdb.sqlite'))
    database = applyWal(bytes, existsSync(log) ? readFileSync(log) : Buffer.alloc(0))
  })

  test('is made again as rpm knows it, and installs with the same content', () => {
    const contents: Record<string, string> = { '/usr/bin/first': '#!/bin/sh\n', '/etc/first.conf': '' }
    const { packages } = readRecorded(database)
    assert.deepEqual(
      packages.map(({ nevra }) => nevra),
      ['first-1.2-3.x86_64'],
    )
    const again = join(folder, 'again.rpm')
    writeFileSync(
      again,
      rpmFile(packages[0]!, (_, { path }) => Buffer.from(contents[path] ?? 'one\n')),
    )
    assert.match(rpm('-K', '-v', again), /Payload SHA256 digest: OK/)
    for (const question of ['--dump', '--scripts', '--triggers', '--filetriggers', '--conflicts', '-i']) {
      const answers = [built, again].map(file =>
        // How it was packed and signed is another's business.
        rpm('-qp', question, file).replace(/^Signature .*\n/gm, ''),
      )
      assert.equal(answers[1], answers[0], question)
    }
    const trees = [built, again].map(file => {
      const root = mkdtempSync(join(folder, 'root-'))
      rpm('--root', root, '-i', '--nodeps', '--noscripts', '--notriggers', '--nosignature', file)
      const list = ['find', '.', '-path', './var', '-prune', '-o', '-printf', '%p %M %n %l %s\\n']
      return execFileSync('find', list.slice(1), { cwd: root, encoding: 'utf8' }).split('\n').sort()
    })
    assert.ok(trees[0]!.some(line => /^\.\/usr\/share\/two \S+ 3 {2}4$/.test(line)))
    assert.deepEqual(trees[1], trees[0])
  })

  test('is refused where its header is not what it was built with', () => {
    const forged = Buffer.from(database)
    // The row of the package comes after the pages that index it.
    forged.write('echo none', forged.lastIndexOf('echo gone'))
    assert.throws(() => readRecorded(forged), /first-1\.2-3\.x86_64 .* its header has another digest/)
  })
})

const reference = inRepo('..', 'shared', 'reference')
const container = join(reference, 'al2023', 'rpmdb.sqlite')

if (existsSync(container)) replayContainer()
else
  console.log(
    `not run: the replay of Amazon Linux 2023's container, whose rpm database is not in ${container}`,
  )

interface Scene {
  readonly toolchain: string
  readonly scene: string
  readonly troubles: readonly string[]
  readonly remarks: readonly string[]
  readonly names: readonly string[]
}

function replayContainer(): void {
  describe("on packages of Amazon Linux 2023's container", () => {
    let scenes: readonly Scene[]
    before(async () => {
      const argv = ['--import', 'tsx', inRepo('scripts', 'replay.ts'), '--json', '--database', container]
      const { stdout } = await execa('node', argv, { maxBuffer: 64 << 20 })
      scenes = JSON.parse(stdout)
    })

    test('no scriptlet fails, and validate is clean, with rpm 4.16 and with the lab’s', () => {
      assert.deepEqual([...new Set(scenes.map(({ toolchain }) => toolchain))], ['debian-11', 'debian-12'])
      assert.deepEqual(
        scenes.filter(({ troubles }) => troubles.length > 0),
        [],
      )
    })

    test('the commands remark on nothing but what they should', () => {
      const remarks = new Set(scenes.flatMap(one => one.remarks.map(line => `${one.scene}: ${line}`)))
      const expected = [
        'compiler-yum: note: python3-hawkey is installed already',
        // Debian has it in another folder.
        'minimal-base: note: /usr/lib64/pkcs11/p11-kit-trust.so cannot be lent to scriptlets: the builder has no such file',
        'minimal-base-glibc: warning: /etc/nsswitch.conf created as /etc/nsswitch.conf.rpmnew',
      ]
      assert.deepEqual([...remarks].sort(), expected.sort())
    })

    test('the images that all others are made on have the packages that upstream publishes', () => {
      const { al2023 } = JSON.parse(readFileSync(join(reference, 'expected-packages.json'), 'utf8'))
      const added = (variant: string): string[] =>
        al2023.variants[variant].addedToParent.map((name: string) =>
          name.replace(/^gpg-pubkey-.*/, 'gpg-pubkey'),
        )
      const expected: Record<string, string[]> = {
        'minimal-base': added('base').sort(),
        'minimal-base-glibc': [...added('base'), ...added('glibc')].sort(),
      }
      const replayed = scenes.filter(({ scene }) => expected[scene])
      assert.equal(replayed.length, 4)
      for (const { scene, names } of replayed) assert.deepEqual(names, expected[scene], scene)
    })
  })
}
