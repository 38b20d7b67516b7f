import { existsSync } from 'node:fs'
import { question } from 'zx'
import { UserError } from '../lib/errors.ts'
import { capture, perform } from '../lib/run.ts'

/** What the user said of installing: `yes` beforehand, to be asked, or nobody is there to ask. */
export type Leave = 'yes' | 'ask' | 'no'

/** True where packages come from Debian's or Ubuntu's apt. */
export const hasApt = () => existsSync('/usr/bin/apt-get')

/**
 * Installs Debian or Ubuntu packages: at once as root, otherwise through sudo, once the user said yes (`leave`).
 * Throws UserError with the exact command where it may not.
 */
export async function installPackages(names: readonly string[], leave: Leave): Promise<void> {
  const command = ['apt-get', 'install', '--yes', '--no-install-recommends', ...names] as const
  if (!hasApt())
    throw new UserError(
      `install ${names.join(', ')} with this system's package manager, then run setup again`,
    )
  const isRoot = process.getuid?.() === 0
  if (!isRoot && !(await mayInstall(names, leave)))
    throw new UserError(`run 'sudo ${command.join(' ')}', then setup again`)
  const prefix = isRoot ? [] : ['sudo']
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  const argv = (words: readonly string[]) => [...prefix, ...words] as [string, ...string[]]
  // The lists may be old; an update that fails is told by the install that follows.
  await capture({ argv: argv(['apt-get', 'update']), env })
  await perform(`installing ${names.join(', ')}`, { argv: argv(command), env })
}

async function mayInstall(names: readonly string[], leave: Leave): Promise<boolean> {
  if (leave !== 'ask') return leave === 'yes'
  return /^y/i.test(await question(`Install ${names.join(', ')} with sudo apt-get? [y/N] `))
}
