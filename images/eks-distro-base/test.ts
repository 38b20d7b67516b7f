import { testImage } from '../../scripts/testing/image-test.ts'
import { staysOnRelease } from '../../scripts/testing/stays-on-release.ts'
import { openSubject } from '../../scripts/testing/test-subject.ts'

const { distro } = await openSubject()
const version = distro === 'al2' ? '2' : '2023'
const manager = distro === 'al2' ? 'yum' : 'dnf'

// The distro as it is, updated: who wants fewer privileges and packages takes a minimal image.
testImage({
  shell: true,
  packageManager: true,
  without: ['links', 'privileges', 'complete packages'],
  // It pins the release, of whose container it is.
  made: distro === 'al2' ? [] : ['/etc/dnf/vars/releasever'],
  files: {
    '/etc/os-release': { contains: `VERSION_ID="${version}"` },
    '/bin/sh': 'present',
    '/var/cache/yum': 'absent',
    '/tmp': { type: 'dir', mode: 0o1777 },
  },
  run: [
    { name: 'a shell runs', argv: ['/bin/sh', '-c', 'echo $((6 * 7))'], stdout: /^42\n?$/ },
    { name: 'the rpm database is whole', argv: ['rpm', '-q', 'glibc', 'bash'], stdout: /^glibc-.*\nbash-/ },
    ...(distro === 'al2' ? [] : [staysOnRelease(distro)]),
    { name: `${manager} runs`, argv: [manager, '--version'], stdout: /^\d+\.\d+/m },
  ],
})
