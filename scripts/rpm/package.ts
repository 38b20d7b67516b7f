import { printable } from '../lib/printable.ts'

/** A package as an image's rpm database records it. */
export interface Package {
  readonly name: string
  readonly epoch?: number
  readonly version: string
  readonly release: string
  /** A `gpg-pubkey` has none. */
  readonly arch?: string
  /** Bytes of all its files. */
  readonly size: number
  /** Seconds since 1970. */
  readonly installTime?: number
  readonly license?: string
  readonly vendor?: string
  /** File name of the source package: `git-2.50.1-1.amzn2023.src.rpm`. */
  readonly sourceRpm?: string
  readonly requires: readonly Dependency[]
  readonly provides: readonly Dependency[]
  readonly files: readonly PackageFile[]
}

/** What a package needs or offers: a package's name, a soname such as `libc.so.6()(64bit)`, a path. */
export interface Dependency {
  readonly name: string
  /** Bits of `dependencyFlags`, among others of rpm's: what the version is compared by, and when it is needed. */
  readonly flags: number
  readonly version?: string
}

export interface PackageFile {
  readonly path: string
  /** `st_mode`: file type and permission bits. */
  readonly mode: number
  /** Bytes; 0 for what the package does not say. */
  readonly size: number
  /** Bits of `fileFlags`. */
  readonly flags: number
  /** One of `fileStates`; absent where the database does not say. */
  readonly state?: number
  /** The same number for all files of the package that are hard links of each other. */
  readonly links?: number
}

/** Packages still say /bin and /lib64, where the directories are links into /usr. */
export const mergedPath = (path: string) => path.replace(/^\/(bin|sbin|lib|lib64)\//, '/usr/$1/')

/** RPMFILE_* of rpm's rpmfiles.h. */
export const fileFlags = { config: 1, doc: 2, missingOk: 8, ghost: 64, license: 128 } as const
/** RPMFILE_STATE_* of rpm's rpmfiles.h: `notInstalled` is what `nodocs` and `install_binary` leave out. */
export const fileStates = { normal: 0, replaced: 1, notInstalled: 2, netShared: 3, wrongColor: 4 } as const
/** RPMSENSE_* of rpm's rpmds.h: how versions compare; `rpmlib` marks what rpm itself must be able to do. */
export const dependencyFlags = { less: 2, greater: 4, equal: 8, rpmlib: 1 << 24 } as const

/**
 * As `rpm -qa` prints it, without the epoch: `git-core-2.50.1-1.amzn2023.x86_64`, `gpg-pubkey-afaa0026-61929986`. One
 * line, whatever a foreign database says.
 */
export function nvra({ name, version, release, arch }: Package): string {
  return printable(`${name}-${version}-${release}${arch === undefined ? '' : `.${arch}`}`)
}
