import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { Workbench } from './workbench.ts'

let bench: Workbench
before(() => {
  bench = new Workbench('refused')
  bench.takeDist('builder')
  bench.write(
    'images/probe/package.json',
    '{"name": "probe", "devDependencies": {"builder": "*", "distro": "*"}}',
  )
  const rpms = mkdtempSync(join(tmpdir(), 'rpms-'))
  makeRpm(rpms, 'unsigned', '')
  execFileSync('cp', ['-r', rpms, join(bench.root, 'images/probe/rpms')])
})
beforeEach(() => {
  rmSync(join(bench.root, 'images/distro/dist'), { recursive: true, force: true })
  bench.takeDist('distro')
})
after(() => bench.remove())

const repo = () => join(bench.root, 'images/distro/dist/linux_amd64/repo')

/** A build whose recipe runs `command` must fail with `message`, in one line of ours, and leave no image. */
function assertRefused(command: string, message: RegExp): void {
  const importKey = 'rpm --root /newroot --import /etc/pki/rpm-gpg/*'
  bench.write(
    'images/probe/Dockerfile',
    `FROM builder AS newroot\nCOPY --from=repo / /srv/repo/\nCOPY rpms/ /tmp/rpms/\nRUN ${importKey} && ${command}\n` +
      'FROM scratch\nCOPY --from=newroot /newroot/ /\n',
  )
  const { exitCode, output } = bench.script('build', ['probe'])
  assert.equal(exitCode, 1, output)
  assert.match(output, message)
  assert.doesNotMatch(output, /Traceback/)
  assert.equal(existsSync(join(bench.root, 'images/probe/dist')), false)
}

/** Flips one bit in the middle of a file of the repository. */
function damage(file: string): void {
  const bytes = readFileSync(join(repo(), file))
  bytes[bytes.length >> 1] = bytes[bytes.length >> 1]! ^ 1
  rmSync(join(repo(), file))
  writeFileSync(join(repo(), file), bytes)
}

function makeRpm(folder: string, name: string, extra: string): void {
  const spec = join(folder, `${name}.spec`)
  writeFileSync(
    spec,
    `Name: ${name}\nVersion: 1\nRelease: 1\nSummary: ${name}\nLicense: none\n%description\n${name}\n%files\n${extra}`,
  )
  execFileSync('rpmbuild', [
    '-bb',
    '--quiet',
    '--define',
    `_rpmdir ${folder}`,
    '--define',
    '_rpmfilename %%{NAME}.rpm',
    spec,
  ])
}

test('a package that does not exist is named, with the nearest names', () => {
  assertRefused('install_rpm glibcc', /install_rpm: .*glibcc.*glibc/)
})

test('an unsigned RPM is refused', () => {
  assertRefused(
    'install_rpm /tmp/rpms/unsigned.rpm',
    /install_rpm: .*unsigned.*(not signed|no signature|signature)/i,
  )
})

test('a failing scriptlet fails the build, though rpm exits 0', () => {
  const add = "printf '#!/bin/sh\\nexit 1\\n' > /usr/bin/trust"
  assertRefused(`${add} && install_rpm filesystem ca-certificates`, /scriptlets failed.*ca-certificates/)
})

test('a tampered RPM is refused', () => {
  damage(join('Packages', readdirSync(join(repo(), 'Packages')).find(name => name.startsWith('tar-'))!))
  assertRefused(
    'install_rpm tar',
    /error: building probe .*\n.*\n? +install_rpm: .*tar-.* is not what the repository describes/,
  )
})

test('tampered metadata is refused', () => {
  damage('repodata/primary.xml.gz')
  assertRefused('install_rpm tar', /install_rpm: .*(metadata|checksum|repomd|primary)/i)
})

test('metadata that somebody else signed, or nobody, is refused', () => {
  const repomd = join(repo(), 'repodata/repomd.xml')
  const text = readFileSync(repomd, 'utf8')
  rmSync(repomd)
  writeFileSync(repomd, text.replace('<revision>', '<revision>9'))
  assertRefused('install_rpm tar', /install_rpm: .*(signature|GPG)/i)
  rmSync(`${repomd}.asc`)
  assertRefused('install_rpm tar', /install_rpm: .*(signature|GPG|repomd.xml.asc)/i)
})
