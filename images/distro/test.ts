import { testImage } from '../../scripts/testing/image-test.ts'
import { openSubject } from '../../scripts/testing/test-subject.ts'

const { distro } = await openSubject()
const manager = distro === 'al2' ? 'yum' : 'dnf'
const pinned =
  distro === 'al2023' ? { '/etc/dnf/vars/releasever': { contains: /^2023\.\d+\.\d{8}\s*$/ } } : {}

// Not ours to judge, except that everything can be built on it.
testImage({
  shell: true,
  packageManager: true,
  without: [
    'links',
    'libraries',
    'rpm database',
    'complete packages',
    'owned files',
    'leftovers',
    'privileges',
    'configuration',
  ],
  files: { '/usr/lib/os-release': 'present', '/etc/pki/rpm-gpg': { type: 'dir' }, ...pinned },
  run: [
    { name: 'a shell runs', argv: ['/bin/sh', '-c', 'echo $((6 * 7))'], stdout: /^42\n?$/ },
    { name: `${manager} runs`, argv: [manager, '--version'], stdout: /^\d+\.\d+/m },
    { name: 'rpm reads its database', argv: ['rpm', '-q', 'filesystem'], stdout: /^filesystem-/ },
  ],
})
