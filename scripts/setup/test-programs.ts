import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../lib/errors.ts'
import { foreignPlatform, type Platform } from '../lib/settings.ts'
import { installPackages, type Leave } from './debian-packages.ts'
import type { Row } from './report.ts'

/** What compiles for a platform on another one's machine, the compiler first. */
export const crossCompilers: Readonly<Record<Platform, Readonly<Record<string, string>>>> = {
  'linux/amd64': {
    'x86_64-linux-gnu-gcc': 'gcc-x86-64-linux-gnu',
    '/usr/x86_64-linux-gnu/include/stdio.h': 'libc6-dev-amd64-cross',
  },
  'linux/arm64': {
    'aarch64-linux-gnu-gcc': 'gcc-aarch64-linux-gnu',
    '/usr/aarch64-linux-gnu/include/stdio.h': 'libc6-dev-arm64-cross',
  },
}

/** What tests of images start or compile with, and the Debian package of each; a path is a file that has to be there. */
const programs: Readonly<Record<string, string>> = {
  git: 'git',
  sshd: 'openssh-server',
  'ssh-keygen': 'openssh-client',
  openssl: 'openssl',
  tar: 'tar',
  gcc: 'gcc',
  '/usr/include/stdio.h': 'libc6-dev',
  ...crossCompilers[foreignPlatform],
}

export const testPackages: readonly string[] = Object.values(programs)

/** Installs what is missing where the user lets us; where not, images can be built all the same, and the row says how. */
export async function testPrograms(leave: Leave): Promise<Row> {
  const what = 'programs of tests'
  const missing = Object.keys(programs).filter(name => !isHere(name))
  if (missing.length === 0) return { what, found: 'here', ok: true }
  try {
    await installPackages(
      missing.map(name => programs[name]!),
      leave,
    )
    return { what, found: 'installed now', ok: true }
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    return { what, found: `none of ${missing.join(', ')}: ${error.message}`, ok: false }
  }
}

/** Throws UserError with the command that installs a program where a test would start it in vain. */
export function needProgram(name: string): void {
  if (isHere(name)) return
  throw new UserError(
    `tests need ${name}: run 'npm run setup', or 'apt-get install ${programs[name] ?? name}' as root`,
  )
}

/** Daemons lie where only root looks. */
function isHere(name: string): boolean {
  if (name.startsWith('/')) return existsSync(name)
  const folders = [...(process.env.PATH ?? '').split(':').filter(Boolean), '/usr/sbin', '/sbin']
  return folders.some(folder => existsSync(join(folder, name)))
}
