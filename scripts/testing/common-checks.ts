import type { BuiltImage } from '../image/built-image.ts'
import { missingInterpreters } from '../image/interpreters.ts'
import { missingLibraries } from '../image/libraries.ts'
import { packagesOf } from '../image/packages-of.ts'
import { configuration } from './checks/configuration.ts'
import type { CheckName, Facts } from './checks/facts.ts'
import { explained } from './checks/intruders.ts'
import { noLeftovers } from './checks/leftovers.ts'
import { danglingLinks } from './checks/links.ts'
import { ownedFiles } from './checks/owned.ts'
import { privileges, worldWritable } from './checks/permissions.ts'
import { noPackageManager, noShell } from './checks/programs.ts'
import { completePackages, rpmDatabase } from './checks/rpm-database.ts'

export interface CommonCheck {
  /** By which an image's facts switch it off. */
  readonly name: CheckName
  /** What holds when it passes: the title of a test. */
  readonly title: string
  /** The problems in words, one a line; none means fine. Throws UserError for what cannot be read. */
  check(image: BuiltImage, facts: Facts): string[] | Promise<string[]>
}

/** What every image must pass. */
export const commonChecks: readonly CommonCheck[] = [
  { name: 'links', title: 'no link leads nowhere', check: danglingLinks },
  { name: 'libraries', title: 'every needed library is found', check: libraries },
  { name: 'interpreters', title: 'every copied script has its interpreter', check: interpreters },
  { name: 'rpm database', title: 'the rpm database is readable and canonical', check: rpmDatabase },
  { name: 'complete packages', title: 'packages have all their files', check: completePackages },
  { name: 'owned files', title: 'every file is of a package, or made on purpose', check: ownedFiles },
  { name: 'leftovers', title: 'the build left nothing behind', check: noLeftovers },
  { name: 'shell', title: 'a shell only on purpose', check: explained(noShell) },
  { name: 'package manager', title: 'a package manager only on purpose', check: explained(noPackageManager) },
  {
    name: 'privileges',
    title: 'setuid, setgid and capabilities only on purpose',
    check: explained(privileges),
  },
  { name: 'world-writable', title: 'nothing is world-writable', check: worldWritable },
  {
    name: 'configuration',
    title: 'the configuration has a PATH and nothing of the builder',
    check: configuration,
  },
]

function libraries(image: BuiltImage): string[] {
  return missingLibraries(image).map(({ file, library }) => `${file} needs ${library}, which is not found`)
}

async function interpreters(image: BuiltImage): Promise<string[]> {
  const missing = await missingInterpreters(image, () => packagesOf(image))
  return missing.map(({ script, program }) => `${script} is run by ${program}, which is not there`)
}
