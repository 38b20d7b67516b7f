import { readdirSync } from 'node:fs'
import { inRepo } from '../../scripts/lib/paths.ts'
import { testImage } from '../../scripts/testing/image-test.ts'
import { openSubject } from '../../scripts/testing/test-subject.ts'

const { distro } = await openSubject()
const commands = readdirSync(inRepo('images/builder/commands/bin'))

/** Part of the request: downstream Dockerfiles call these. */
const promised = [
  'clean_install',
  'clean_yum',
  'cleanup',
  'enable_docker_install',
  'enable_extra',
  'if_al2',
  'if_al2023',
  'install_binary',
  'install_deps_for_binary',
  'install_rpm',
  'remove_package',
  'validate',
  'validate_interpreters',
  'validate_libraries',
  'validate_symlinks',
]
const all = [...new Set([...commands, ...promised])]

testImage({
  shell: true,
  packageManager: true,
  // A workshop: its variables steer builds, and the lab's repository lies in it.
  without: [
    'links',
    'privileges',
    'configuration',
    'complete packages',
    'owned files',
    'leftovers',
    'rpm database',
  ],
  files: {
    '/newroot': { type: 'dir', mode: 0o755, uid: 0, gid: 0 },
    ...Object.fromEntries(
      all.map(name => [`/usr/bin/${name}`, { type: 'file', mode: 0o755, uid: 0 } as const]),
    ),
  },
  run: [
    {
      name: 'the environment of the in-image commands is set',
      argv: ['/bin/sh', '-c', 'echo "$NEWROOT $DOWNLOAD_DIR $PWD"'],
      stdout: /^\/newroot \/tmp\/download \/newroot\n?$/,
    },
    ...all.map(
      name =>
        ({ name: `${name} says how it is used`, argv: [name, '--help'], stdout: RegExp(name) }) as const,
    ),
    {
      name: 'commands for the other generation are left out',
      argv: ['/bin/sh', '-c', 'if_al2 echo two; if_al2023 echo three'],
      stdout: distro === 'al2' ? /^two\n?$/ : /^three\n?$/,
    },
  ],
})
