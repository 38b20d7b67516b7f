import { existsSync } from 'node:fs'
import { emulatorOf } from '../build/emulation.ts'
import { UserError } from '../lib/errors.ts'
import { type Command, capture } from '../lib/run.ts'
import { foreignPlatform } from '../lib/settings.ts'
import { installPackages, type Leave } from './debian-packages.ts'
import type { Row } from './report.ts'

const packages = ['qemu-user-static', 'binfmt-support']
const handlers = '/proc/sys/fs/binfmt_misc'

/**
 * Has the kernel run the other architecture's programs, in every container and chroot. Where the user or the machine does
 * not let us, this machine's own platform can be built all the same, and the row says what is missing.
 */
export async function emulator(leave: Leave): Promise<Row> {
  const what = `programs of ${foreignPlatform}`
  const found = emulatorOf(foreignPlatform)
  if (found) return { what, found, ok: true }
  try {
    await installPackages(packages, leave)
    await register()
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    return { what, found: `none: ${error.message}`, ok: false }
  }
  const now = emulatorOf(foreignPlatform)
  const advice = `none: the kernel takes no handler from ${packages.join(' and ')}; see 'update-binfmts --display'`
  return { what, found: now ?? advice, ok: now !== undefined }
}

/** The packages do so themselves where an init system runs: a container has none. */
async function register(): Promise<void> {
  if (emulatorOf(foreignPlatform) || process.getuid?.() !== 0) return
  const mount = { argv: ['mount', '-t', 'binfmt_misc', 'binfmt_misc', handlers] } satisfies Command
  const enable = { argv: ['update-binfmts', '--enable'] } satisfies Command
  for (const command of existsSync(`${handlers}/register`) ? [enable] : [mount, enable]) {
    const { exitCode, stderr } = await capture(command)
    if (exitCode !== 0) throw new UserError(`${command.argv.join(' ')}: ${stderr.trim().split('\n').at(-1)}`)
  }
}
