import { testImage } from '../../scripts/testing/image-test.ts'
import { packagesFrom } from '../../scripts/testing/lab-packages.ts'
import { staysOnRelease } from '../../scripts/testing/stays-on-release.ts'
import { openSubject } from '../../scripts/testing/test-subject.ts'

const { distro, image } = await openSubject()
const repository =
  distro === 'lab' ? { add: await packagesFrom(image.platform, 'hostname') } : { network: 'host' as const }

testImage({
  shell: true,
  packageManager: true,
  run: [
    ...(distro === 'al2' ? [] : [staysOnRelease(distro)]),
    {
      name: 'yum installs a package',
      ...repository,
      steps: [
        { run: ['yum', '--assumeyes', 'install', 'hostname'] },
        { run: ['hostname', '--version'] },
        { run: ['rpm', '--verify', 'hostname'] },
      ],
      stdout: /^hostname \d/m,
    },
    {
      name: 'yum refuses what is not there',
      ...repository,
      argv: ['yum', '--assumeyes', 'install', 'no-such-package'],
      exitCode: 1,
      stderr: /Unable to find a match: no-such-package/,
    },
  ],
})
