import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Workbench } from '../workbench.ts'

let bench: Workbench
before(() => {
  bench = new Workbench('refused')
  bench.takeDist('distro', 'builder')
  bench.write('images/probe/package.json', '{"name": "probe", "devDependencies": {"builder": "*"}}')
  const rpms = mkdtempSync(join(tmpdir(), 'rpms-'))
  makeRpm(rpms, 'unsigned')
  makeRpm(rpms, 'elsewhere', '--target=aarch64')
  execFileSync('createrepo_c', ['--quiet', rpms])
  execFileSync('cp', ['-r', rpms, join(bench.root, 'images/probe/rpms')])
})
after(() => bench.remove())

/** A build whose recipe runs `command` must fail with `message`, in one line of ours, and leave no image. */
function assertRefused(command: string, message: RegExp): void {
  const importKey = 'rpm --root /newroot --import /etc/pki/rpm-gpg/*'
  bench.write(
    'images/probe/Dockerfile',
    `FROM builder AS newroot\nCOPY rpms/ /tmp/rpms/\nRUN ${importKey} && ${command}\n` +
      'FROM scratch\nCOPY --from=newroot /newroot/ /\n',
  )
  const { exitCode, output } = bench.script('build', ['probe'])
  assert.equal(exitCode, 1, output)
  assert.match(output, message)
  assert.doesNotMatch(output, /Traceback/)
  assert.equal(existsSync(join(bench.root, 'images/probe/dist')), false)
}

/** What a step has mounted is read only: a copy of the repository, to be changed, in its place. */
const copied = 'cp -a /srv/repo /tmp/repo && sed -i s,/srv/repo,/tmp/repo, /etc/yum.repos.d/*.repo'

/** A command that flips one bit in the middle of a file of the repository. */
const damage = (glob: string) =>
  `${copied} && ` +
  'python3 -c "import glob; f = open(glob.glob(\'/tmp/repo/' +
  glob +
  "')[0], 'r+b'); f.seek(0, 2); f.seek(f.tell() // 2); b = f.read(1)[0]; f.seek(-1, 1); f.write(bytes([b ^ 1]))\""

function makeRpm(folder: string, name: string, ...flags: string[]): void {
  const spec = join(folder, `${name}.spec`)
  const head = `Name: ${name}
Version: 1
Release: 1
Summary: ${name}
License: none
`
  writeFileSync(
    spec,
    `${head}%description
${name}
%files
`,
  )
  const defines = [`_rpmdir ${folder}`, '_rpmfilename %%{NAME}.rpm'].flatMap(define => ['--define', define])
  execFileSync('rpmbuild', ['-bb', '--quiet', ...flags, ...defines, spec], { stdio: 'pipe' })
}

test('a package that does not exist is named, with the nearest names', () => {
  assertRefused('install_rpm glibcc', /install_rpm: .*glibcc.*glibc/)
})

test('a package that exists for another architecture only is said to', () => {
  const repo =
    "printf '[elsewhere]\\nname=elsewhere\\nbaseurl=file:///tmp/rpms\\ngpgcheck=0\\n' > /etc/yum.repos.d/elsewhere.repo"
  assertRefused(`${repo} && install_rpm elsewhere`, /install_rpm: .*elsewhere.*aarch64/)
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
  const told = /error: building probe .*\n.*\n? +install_rpm: .*tar-.* is not what the repository describes/
  assertRefused(`${damage('Packages/tar-*')} && install_rpm tar`, told)
})

test('tampered metadata is refused', () => {
  assertRefused(
    `${damage('repodata/primary.xml.gz')} && install_rpm tar`,
    /install_rpm: .*(metadata|checksum|repomd|primary)/i,
  )
})

test('metadata that somebody changed after it was signed, or nobody signed, is refused', () => {
  const repomd = '/tmp/repo/repodata/repomd.xml'
  assertRefused(
    `${copied} && sed -i 's/<revision>/<revision>9/' ${repomd} && install_rpm tar`,
    /install_rpm: .*(signature|GPG)/i,
  )
  assertRefused(
    `${copied} && rm ${repomd}.asc && install_rpm tar`,
    /install_rpm: .*(signature|GPG|repomd.xml.asc)/i,
  )
})
