import { UserError } from '../../../scripts/lib/errors.ts'

export type LabArch = 'amd64' | 'arm64'

/** The names that one architecture goes by. Everything else derives its names from here. */
export interface ArchNames {
  /** what rpm calls it */
  rpm: string
  /** the folder that Debian keeps an architecture's libraries in, and what its compiler's name begins with */
  triplet: string
  /** the Debian packages that have this compiler on another architecture's machine */
  cross: readonly string[]
}

export const ARCHES: Record<LabArch, ArchNames> = {
  amd64: {
    rpm: 'x86_64',
    triplet: 'x86_64-linux-gnu',
    cross: ['gcc-x86-64-linux-gnu', 'libc6-dev-amd64-cross'],
  },
  arm64: {
    rpm: 'aarch64',
    triplet: 'aarch64-linux-gnu',
    cross: ['gcc-aarch64-linux-gnu', 'libc6-dev-arm64-cross'],
  },
}

/** This machine's. A lab of the other architecture is made by its tools, too: emulated they take ten times as long. */
export function hostArch(): LabArch {
  const arch = process.arch === 'x64' ? 'amd64' : process.arch
  if (arch in ARCHES) return arch as LabArch
  throw new UserError(
    `The lab is made on machines of ${Object.keys(ARCHES).join(' and ')}, and this one is ${arch}.`,
  )
}
