import { existsSync, readFileSync } from 'node:fs'
import { UserError } from '../lib/errors.ts'
import { nativePlatform, type Platform } from '../lib/settings.ts'

const handlers: Readonly<Record<Platform, string>> = {
  'linux/amd64': 'qemu-x86_64',
  'linux/arm64': 'qemu-aarch64',
}

/** How this machine runs programs of a platform: `native`, the kernel's handler for it, or not at all. */
export function emulatorOf(platform: Platform): string | undefined {
  if (platform === nativePlatform) return 'native'
  const file = `/proc/sys/fs/binfmt_misc/${handlers[platform]}`
  const [state, ...said] = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []
  // By the flag F the kernel holds the emulator open: containers and chroots need not have it.
  const isEverywhere = said.some(line => /^flags: .*F/.test(line))
  return state === 'enabled' && isEverywhere ? handlers[platform] : undefined
}

/** Throws UserError when steps of a build for `platform` could not run here. */
export function requireRunnable(platform: Platform): void {
  if (emulatorOf(platform)) return
  throw new UserError(
    `this machine cannot run programs of ${platform}: run 'npm run setup', which installs qemu-user-static and ` +
      'binfmt-support, or leave it out of PLATFORMS',
  )
}
