import initSqlJs, { type SqlValue } from 'sql.js'
import { UserError } from '../lib/errors.ts'
import { parseHeader, type RpmHeader } from './rpm-header.ts'

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
  /** File name of the source package: `git-2.50.1-1.amzn2023.src.rpm`. */
  readonly sourceRpm?: string
  readonly files: readonly PackageFile[]
}

export interface PackageFile {
  readonly path: string
  /** `st_mode`: file type and permission bits. */
  readonly mode: number
  /** Bits of `fileFlags`. */
  readonly flags: number
  /** One of `fileStates`; absent where the database does not say. */
  readonly state?: number
}

/** RPMFILE_* of rpm's rpmfiles.h. */
export const fileFlags = { config: 1, doc: 2, missingOk: 8, ghost: 64, license: 128 } as const
/** RPMFILE_STATE_* of rpm's rpmfiles.h: `notInstalled` is what `nodocs` and language filters leave. */
export const fileStates = { normal: 0, replaced: 1, notInstalled: 2, netShared: 3, wrongColor: 4 } as const

const tags = {
  name: 1000,
  version: 1001,
  release: 1002,
  epoch: 1003,
  installTime: 1008,
  size: 1009,
  license: 1014,
  arch: 1022,
  fileStates: 1029,
  fileModes: 1030,
  fileFlags: 1037,
  sourceRpm: 1044,
  dirIndexes: 1116,
  baseNames: 1117,
  dirNames: 1118,
  longSize: 5009,
}

/**
 * Reads every package of a `rpmdb.sqlite`, sorted as `nvra` prints them. Throws UserError if it is no closed SQLite
 * database, or if a header in it is broken.
 */
export async function readPackages(rpmdbSqlite: Buffer): Promise<Package[]> {
  checkSqlite(rpmdbSqlite)
  const packages = (await readBlobs(rpmdbSqlite)).map(({ row, blob }) => {
    try {
      return toPackage(parseHeader(blob))
    } catch (error) {
      if (error instanceof UserError) throw new UserError(`rpmdb.sqlite, package ${row}: ${error.message}`)
      throw error
    }
  })
  return packages.sort((a, b) => (nvra(a) < nvra(b) ? -1 : 1))
}

/** As `rpm -qa` prints it, without the epoch: `git-core-2.50.1-1.amzn2023.x86_64`, `gpg-pubkey-afaa0026-61929986`. */
export function nvra({ name, version, release, arch }: Package): string {
  return `${name}-${version}-${release}${arch === undefined ? '' : `.${arch}`}`
}

function checkSqlite(bytes: Buffer): void {
  if (bytes.length < 100 || bytes.toString('latin1', 0, 16) !== 'SQLite format 3\0') {
    throw new UserError(`rpmdb.sqlite: its ${bytes.length} bytes are no SQLite 3 database`)
  }
  if (bytes[18] !== 1 || bytes[19] !== 1) {
    throw new UserError(
      'rpmdb.sqlite: it is in WAL mode, so that scanners, which copy this file alone, may see an old state; run PRAGMA journal_mode=DELETE',
    )
  }
}

async function readBlobs(bytes: Buffer): Promise<{ row: SqlValue; blob: Buffer }[]> {
  const { Database } = await initSqlJs()
  const db = new Database(bytes)
  try {
    const rows = db.exec('SELECT hnum, blob FROM Packages')[0]?.values ?? []
    return rows.map(([row = null, blob]) => ({ row, blob: Buffer.from(blob as Uint8Array) }))
  } catch (error) {
    throw new UserError(`rpmdb.sqlite: SELECT blob FROM Packages failed: ${(error as Error).message}`)
  } finally {
    db.close()
  }
}

function toPackage(header: RpmHeader): Package {
  const [epoch] = header.numbers(tags.epoch)
  const [installTime] = header.numbers(tags.installTime)
  const [size = 0] = [...header.numbers(tags.longSize), ...header.numbers(tags.size)]
  const [arch, license] = [header.string(tags.arch), header.string(tags.license)]
  const sourceRpm = header.string(tags.sourceRpm)
  return {
    name: required(header, 'name'),
    ...(epoch !== undefined && { epoch }),
    version: required(header, 'version'),
    release: required(header, 'release'),
    ...(arch !== undefined && { arch }),
    size,
    ...(installTime !== undefined && { installTime }),
    ...(license !== undefined && { license }),
    ...(sourceRpm !== undefined && { sourceRpm }),
    files: readFiles(header),
  }
}

function required(header: RpmHeader, tag: 'name' | 'version' | 'release'): string {
  const value = header.string(tags[tag])
  if (!value) throw new UserError(`it has no ${tag} (tag ${tags[tag]})`)
  return value
}

function readFiles(header: RpmHeader): PackageFile[] {
  const [modes, flags] = [header.numbers(tags.fileModes), header.numbers(tags.fileFlags)]
  const states = header.numbers(tags.fileStates)
  const paths = readPaths(header)
  return paths.map((path, index) => {
    const [mode, flag, state] = [modes[index], flags[index], states[index]]
    if (mode === undefined || flag === undefined) {
      throw new UserError(`${paths.length} files, ${modes.length} modes, ${flags.length} flags`)
    }
    return { path, mode, flags: flag, ...(state !== undefined && { state }) }
  })
}

function readPaths(header: RpmHeader): string[] {
  const directories = header.strings(tags.dirNames)
  const indexes = header.numbers(tags.dirIndexes)
  const names = header.strings(tags.baseNames)
  return names.map((name, index) => {
    const directory = directories[indexes[index] ?? -1]
    if (directory === undefined) throw new UserError(`file ${index}, ${name}, is in no directory`)
    return directory + name
  })
}
