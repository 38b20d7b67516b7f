import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { UserError } from './errors.ts'

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'

/** The line of a sources.list for one of Debian's suites. Throws UserError where apt cannot say where it lives. */
export async function sourceOf(suite: string): Promise<string> {
  return `deb [signed-by=${KEYRING}] ${await archiveUri(suite)} ${suite} main\n`
}

/** Has apt read and write below `home` alone, where `sources.list` and `status` are, for one of Debian's architectures. */
export function aptOptions(home: string, arch: string): string[] {
  const options = {
    ...(arch !== 'native' && { 'APT::Architecture': arch, 'APT::Architectures': arch }),
    // apt drops to a user of its own, which cannot write below a work directory of root's.
    'APT::Sandbox::User': 'root',
    'Acquire::Languages': 'none',
    // Whatever the machine's own apt may take unsigned.
    'Acquire::AllowInsecureRepositories': 'false',
    'APT::Get::AllowUnauthenticated': 'false',
    'Acquire::ForceHash': 'sha256',
    'Dir::Etc::SourceList': join(home, 'sources.list'),
    'Dir::Etc::SourceParts': '-',
    'Dir::Etc::Preferences': '/dev/null',
    'Dir::Etc::PreferencesParts': '/dev/null',
    'Dir::State::Lists': join(home, 'lists'),
    'Dir::State::status': join(home, 'status'),
    'Dir::Cache': join(home, 'cache'),
  }
  return Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`])
}

/** Where a suite lives, by the word of the machine's own apt: no mirror's name stands in this repository. */
async function archiveUri(suite: string): Promise<string> {
  const format = '$(CREATED_BY) $(CODENAME) $(COMPONENT) $(REPO_URI)'
  const { stdout } = await execa('apt-get', ['indextargets', '--format', format], { reject: false })
  const targets = (stdout ?? '').split('\n').map(line => line.split(' '))
  const isFor = (codename: string) =>
    targets.find(t => t[0] === 'Packages' && t[1] === codename && t[2] === 'main')
  // A machine on another Debian release reads the same archive: only the folder of the suite differs.
  const anyDebian = targets.find(
    t => t[0] === 'Packages' && t[2] === 'main' && /\/debian\/$/.test(t[3] ?? ''),
  )
  // Of the suites with a suffix, only the backports are in that archive, too.
  const isInArchive = /^[^-]+(-backports)?$/.test(suite)
  const uri = (isFor(suite) ?? (isInArchive ? anyDebian : undefined))?.[3]
  if (uri && existsSync(KEYRING)) return uri
  throw new UserError(
    `Debian's suite "${suite}" is needed, and apt on this machine ` +
      (uri
        ? `lacks the keys to trust it (${KEYRING}). Install debian-archive-keyring.`
        : `has no source for it. Add a source for the suite "${suite}", component "main", then run again.`),
  )
}
