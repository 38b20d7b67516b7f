import type { DistroName } from '../lib/settings.ts'
import { readDistro } from '../workspace/distro.ts'
import type { RunSpec } from './image-test.ts'

/**
 * dnf in an image takes packages of the release that the image was built from, by the file that the distro's container
 * has or else by the version of system-release: upstream's follow the newest, and so what a build takes changes unseen.
 */
export function staysOnRelease(distro: DistroName): RunSpec {
  const release = String(readDistro(distro).release).replaceAll('.', '\\.')
  return {
    name: 'dnf stays on the release that the image was built from',
    argv: ['/usr/bin/python3', '-c', asked],
    // The lab's release 1 is the last number of its system-release.
    stdout: new RegExp(`^(2023\\.0\\.)?${release}\\n?$`),
  }
}

/** As dnf's own command line asks. */
const asked = `
import dnf, dnf.rpm
conf = dnf.Base().conf
conf.substitutions.update_from_etc('/', varsdir=conf.varsdir)
print(conf.substitutions.get('releasever') or dnf.rpm.detect_releasever('/'))
`
