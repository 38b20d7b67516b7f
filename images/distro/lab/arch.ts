export type LabArch = 'amd64' | 'arm64'

/** The names that one architecture goes by. Everything else derives its names from here. */
export interface ArchNames {
  /** what rpm calls it */
  rpm: string
  /** the folder that Debian keeps an architecture's libraries in */
  triplet: string
}

export const ARCHES: Record<LabArch, ArchNames> = {
  amd64: { rpm: 'x86_64', triplet: 'x86_64-linux-gnu' },
  arm64: { rpm: 'aarch64', triplet: 'aarch64-linux-gnu' },
}
