import { join } from 'node:path'
import { keepFolder } from '../lib/content-digest.ts'
import { openArchive } from '../lib/debian-archive.ts'
import { showProgress } from '../lib/progress.ts'
import { perform } from '../lib/run.ts'

export interface Wanted {
  /** Debian's release that the packages are from. */
  readonly suite: string
  readonly packages: readonly string[]
  /** What a person calls them. */
  readonly what: string
}

/**
 * The folder below `home` in which these packages' files lie, unpacked beside the system without what they depend on.
 * Every byte is looked at on each call; where one has changed, all are unpacked anew from .debs that are hashed, too.
 * @param onChange called before anything is replaced
 */
export async function unpackedDebs(
  home: string,
  { suite, packages, what }: Wanted,
  onChange: () => Promise<void> = async () => {},
): Promise<string> {
  const folder = join(home, 'programs')
  await keepFolder(folder, `${suite} ${packages.join(' ')}`, async aside => {
    await onChange()
    const archive = await openArchive({ arch: 'native', suites: [suite], workDir: home })
    let fetched = 0
    const debs = await archive.fetch([...packages], count => {
      fetched += count
      showProgress(fetched, packages.length, `fetching ${what}`)
    })
    for (const [name, { path }] of debs)
      await perform(`unpacking ${name}`, { argv: ['dpkg-deb', '--extract', path, aside] })
  })
  return folder
}
