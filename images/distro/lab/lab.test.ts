import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { withLock } from '../../../scripts/lib/lock.ts'
import { compareVersions } from '../../../scripts/rpm/versions.ts'
import { parseChangelog } from './advisories.ts'
import { matcher, readCatalog } from './catalog.ts'
import { makeLab } from './make.ts'
import { ROOT } from './root.ts'
import { evrOf, specOf } from './spec.ts'
import { newPlace } from './unpack.ts'

const workDir = await mkdtemp(join(tmpdir(), 'lab-'))
after(() => rm(workDir, { recursive: true }))

test('two labs are not made in one folder at once', async () => {
  const request = { arch: 'amd64', release: 1, epoch: 0, workDir, outDir: join(workDir, 'out') } as const
  await withLock(join(workDir, 'lock'), 'x', () =>
    assert.rejects(makeLab(request), /^UserError: making a lab in \S+ is already under way/),
  )
})

test('a Debian version becomes epoch, version and release', () => {
  assert.deepEqual(evrOf('1:2.36-9+deb12u10'), { epoch: '1', version: '2.36', release: '9+deb12u10~lab' })
  assert.deepEqual(evrOf('20230311'), { epoch: '', version: '20230311', release: '0~lab' })
  assert.deepEqual(evrOf('1.2-rc1-3'), { epoch: '', version: '1.2.rc1', release: '3~lab' })
})

test("an update of Debian's is one of the lab's", () => {
  const updates = [
    ['10.42-1', '10.42-1+deb12u2'],
    ['2.1.28+dfsg-10', '2.1.28+dfsg-10+deb12u1'],
    ['3.0.9-1', '3.0.14-1~deb12u2'],
    ['1.23.5-1~bpo12+1', '1.23.5-1'],
    ['7.88.1-10+deb12u8', '7.88.1-10+deb12u12'],
    ['9', '9+b1'],
  ] as const
  for (const [older, newer] of updates) {
    const [before, after] = [evrOf(older), evrOf(newer)]
    const order =
      compareVersions(before.version, after.version) || compareVersions(before.release, after.release)
    assert.ok(order < 0, `${older} < ${newer}`)
  }
})

test('a pattern names a path or all below it', () => {
  const matches = matcher(['/usr/lib64/lib*', '/etc/pki'])
  assert.ok(matches('/usr/lib64/libc.so.6'))
  assert.ok(matches('/etc/pki/tls/cert.pem'))
  assert.ok(!matches('/etc/pkix'))
  assert.ok(!matcher([])('/etc'))
})

test('libraries and programs move to where AL2023 has them', () => {
  assert.equal(newPlace('/lib/x86_64-linux-gnu/libc.so.6', 'x86_64-linux-gnu'), '/usr/lib64/libc.so.6')
  assert.equal(newPlace('/sbin/ldconfig', 'x86_64-linux-gnu'), '/usr/sbin/ldconfig')
  assert.equal(newPlace('/library', 'x86_64-linux-gnu'), '/library')
})

test('a spec names files literally', () => {
  const origin = { version: '1-1', architecture: 'all', summary: '100% of it' }
  const spec = specOf({ name: 'a', from: [] }, origin, [{ path: '/usr/bin/[', kind: 'file' }])
  assert.match(spec, /^Summary: 100%% of it$/m)
  assert.match(spec, /^BuildArch: noarch$/m)
  assert.match(spec, /^"\/usr\/bin\/\[\[\]"$/m)
})

test('a changelog is read entry by entry', () => {
  const entry =
    'a (1-2) bookworm-security; urgency=high\n\n  * CVE-2026-0001\n\n -- A <a@b>  Thu, 22 Oct 2026 00:34:41 +0200\n'
  const [first, second] = parseChangelog(`${entry}\n${entry.replace('1-2', '1-1')}`)
  assert.equal(first?.suite, 'bookworm-security')
  assert.equal(first?.date.toISOString(), '2026-10-21T22:34:41.000Z')
  assert.equal(second?.version, '1-1')
})

test('both architectures have a catalog, and the root is made from it', async () => {
  for (const arch of ['amd64', 'arm64'] as const) {
    const { packages } = await readCatalog(arch, 1)
    const names = new Set(packages.map(({ name }) => name))
    assert.deepEqual(
      ROOT.filter(name => !names.has(name)),
      [],
    )
    assert.ok(!JSON.stringify(packages).includes('${'))
  }
})
