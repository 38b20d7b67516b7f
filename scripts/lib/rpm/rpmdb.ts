import initSqlJs, { type SqlValue } from 'sql.js'
import { UserError } from '../errors.ts'
import { parseHeader, type RpmHeader } from './header.ts'
import { type Dependency, nvra, type Package, type PackageFile } from './package.ts'

/** Where Amazon Linux 2023, syft and trivy look. */
export const rpmdbPath = '/var/lib/rpm/rpmdb.sqlite'

const tags = {
  name: 1000,
  version: 1001,
  release: 1002,
  epoch: 1003,
  installTime: 1008,
  size: 1009,
  vendor: 1011,
  license: 1014,
  arch: 1022,
  fileSizes: 1028,
  fileStates: 1029,
  fileModes: 1030,
  fileFlags: 1037,
  sourceRpm: 1044,
  provideNames: 1047,
  requireFlags: 1048,
  requireNames: 1049,
  requireVersions: 1050,
  provideFlags: 1112,
  provideVersions: 1113,
  dirIndexes: 1116,
  baseNames: 1117,
  dirNames: 1118,
  longFileSizes: 5008,
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
  const [vendor, sourceRpm] = [header.string(tags.vendor), header.string(tags.sourceRpm)]
  return {
    name: required(header, 'name'),
    ...(epoch !== undefined && { epoch }),
    version: required(header, 'version'),
    release: required(header, 'release'),
    ...(arch !== undefined && { arch }),
    size,
    ...(installTime !== undefined && { installTime }),
    ...(license !== undefined && { license }),
    ...(vendor !== undefined && { vendor }),
    ...(sourceRpm !== undefined && { sourceRpm }),
    requires: readDependencies(header, tags.requireNames, tags.requireFlags, tags.requireVersions),
    provides: readDependencies(header, tags.provideNames, tags.provideFlags, tags.provideVersions),
    files: readFiles(header),
  }
}

function required(header: RpmHeader, tag: 'name' | 'version' | 'release'): string {
  const value = header.string(tags[tag])
  if (!value) throw new UserError(`it has no ${tag} (tag ${tags[tag]})`)
  return value
}

function readDependencies(header: RpmHeader, names: number, flags: number, versions: number): Dependency[] {
  const [allFlags, allVersions] = [header.numbers(flags), header.strings(versions)]
  return header.strings(names).map((name, index) => {
    const version = allVersions[index]
    return { name, flags: allFlags[index] ?? 0, ...(version && { version }) }
  })
}

function readFiles(header: RpmHeader): PackageFile[] {
  const [modes, flags] = [header.numbers(tags.fileModes), header.numbers(tags.fileFlags)]
  const states = header.numbers(tags.fileStates)
  // A package with a file of 4 GiB has only the long ones.
  const sizes = [...header.numbers(tags.longFileSizes), ...header.numbers(tags.fileSizes)]
  const paths = readPaths(header)
  return paths.map((path, index) => {
    const [mode, flag, state, size = 0] = [modes[index], flags[index], states[index], sizes[index]]
    if (mode === undefined || flag === undefined) {
      throw new UserError(`${paths.length} files, ${modes.length} modes, ${flags.length} flags`)
    }
    return { path, mode, size, flags: flag, ...(state !== undefined && { state }) }
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
