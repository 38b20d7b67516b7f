import { existsSync } from 'node:fs'
import { UserError } from '../lib/errors.ts'
import { type Platform, platforms } from '../lib/settings.ts'

const handlers: Readonly<Record<Platform, string>> = {
  'linux/amd64': 'qemu-x86_64',
  'linux/arm64': 'qemu-aarch64',
}
const native = `linux/${process.arch === 'x64' ? 'amd64' : process.arch}`

/** The platform that this machine is not. */
export const foreignPlatform = platforms.find(platform => platform !== native)!

/** How this machine runs programs of a platform: `native`, the kernel's handler for it, or not at all. */
export function emulatorOf(platform: Platform): string | undefined {
  if (platform === native) return 'native'
  return existsSync(`/proc/sys/fs/binfmt_misc/${handlers[platform]}`) ? handlers[platform] : undefined
}

/** Throws UserError when steps of a build for `platform` could not run here. */
export function requireRunnable(platform: Platform): void {
  if (emulatorOf(platform)) return
  throw new UserError(
    `this machine cannot run programs of ${platform}: install qemu-user-static and binfmt-support, or leave it out of PLATFORMS`,
  )
}
