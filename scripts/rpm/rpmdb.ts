import { UserError } from '../lib/errors.ts'
import { parseHeader, type RpmHeader } from './header.ts'
import { type Dependency, nvra, type Package, type PackageFile } from './package.ts'
import { type Row, readTable } from './sqlite.ts'

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
  fileDevices: 1095,
  fileInodes: 1096,
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

/** Larger than any distribution's whole, smaller than what fills a machine's memory. */
const maxBytes = 512 << 20

/**
 * Reads every package of a `rpmdb.sqlite`, sorted as `nvra` prints them, in a time that its length bounds. Throws
 * UserError if it is no closed SQLite database, or if a header in it is broken.
 */
export function readPackages(rpmdbSqlite: Buffer): Package[] {
  checkClosed(rpmdbSqlite)
  const budget = { pathBytes: maxPathBytes }
  const packages = readHeaders(rpmdbSqlite).map(({ rowid, columns }) => {
    try {
      return toPackage(parseHeader(blobOf(columns)), budget)
    } catch (error) {
      if (error instanceof UserError) throw new UserError(`rpmdb.sqlite, package ${rowid}: ${error.message}`)
      throw error
    }
  })
  return packages.sort((a, b) => (nvra(a) < nvra(b) ? -1 : 1))
}

function checkClosed(bytes: Buffer): void {
  if (bytes.length > maxBytes) {
    throw new UserError(`rpmdb.sqlite: it has ${bytes.length} bytes; at most ${maxBytes} are read`)
  }
  if (bytes[18] === 2 || bytes[19] === 2) {
    throw new UserError(
      'rpmdb.sqlite: it is in WAL mode, so that scanners, which copy this file alone, may see an old state; run PRAGMA journal_mode=DELETE',
    )
  }
}

function readHeaders(bytes: Buffer): Row[] {
  try {
    return readTable(bytes, 'Packages')
  } catch (error) {
    if (error instanceof UserError) throw new UserError(`rpmdb.sqlite: ${error.message}`)
    throw error
  }
}

function blobOf([, blob]: Row['columns']): Buffer {
  if (Buffer.isBuffer(blob)) return blob
  throw new UserError('its second column is no blob')
}

function toPackage(header: RpmHeader, budget: PathBudget): Package {
  const [epoch] = header.numbers(tags.epoch)
  const [installTime] = header.numbers(tags.installTime)
  const [size = 0] = [...header.numbers(tags.longSize), ...header.numbers(tags.size)]
  const [arch, license] = [word(header, 'arch'), header.string(tags.license)]
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
    files: readFiles(header, budget),
  }
}

function required(header: RpmHeader, tag: 'name' | 'version' | 'release'): string {
  const value = word(header, tag)
  if (value === undefined) throw new UserError(`it has no ${tag} (tag ${tags[tag]})`)
  return value
}

/** What stands in lists, URLs and file names must not be able to break out of them. */
function word(header: RpmHeader, tag: 'name' | 'version' | 'release' | 'arch'): string | undefined {
  const value = header.string(tags[tag])
  if (value === undefined || /^[\w.+~^:%{}-]{1,255}$/.test(value)) return value
  throw new UserError(`its ${tag} is ${JSON.stringify(value.slice(0, 80))}, which rpm would not take`)
}

function readDependencies(header: RpmHeader, names: number, flags: number, versions: number): Dependency[] {
  const [allFlags, allVersions] = [header.numbers(flags), header.strings(versions)]
  return header.strings(names).map((name, index) => {
    const version = allVersions[index]
    return { name, flags: allFlags[index] ?? 0, ...(version && { version }) }
  })
}

function readFiles(header: RpmHeader, budget: PathBudget): PackageFile[] {
  const [modes, flags] = [header.numbers(tags.fileModes), header.numbers(tags.fileFlags)]
  const states = header.numbers(tags.fileStates)
  // A package with a file of 4 GiB has only the long ones.
  const sizes = [...header.numbers(tags.longFileSizes), ...header.numbers(tags.fileSizes)]
  const paths = readPaths(header, budget)
  const links = readLinks(header)
  return paths.map((path, index) => {
    const [mode, flag, state, size = 0] = [modes[index], flags[index], states[index], sizes[index]]
    if (mode === undefined || flag === undefined) {
      throw new UserError(`${paths.length} files, ${modes.length} modes, ${flags.length} flags`)
    }
    const link = (mode & fileType) === regularFile ? links[index] : undefined
    return {
      path,
      mode,
      size,
      flags: flag,
      ...(state !== undefined && { state }),
      ...(link !== undefined && { links: link }),
    }
  })
}

/** Of `st_mode`. */
const fileType = 0o170000
const regularFile = 0o100000

/** A number for each file that shares its inode with another one of the package. */
function readLinks(header: RpmHeader): (number | undefined)[] {
  const devices = header.numbers(tags.fileDevices)
  const files = header.numbers(tags.fileInodes).map((inode, index) => `${devices[index]} ${inode}`)
  const first = new Map<string, number>()
  const shared = new Set<string>()
  for (const [index, file] of files.entries()) {
    if (first.has(file)) shared.add(file)
    else first.set(file, index)
  }
  return files.map(file => (shared.has(file) ? first.get(file) : undefined))
}

/** As long as the kernel lets a path be, and together as long as those of a whole distribution are not. */
const maxPath = 4096
const maxPathBytes = 128 << 20

interface PathBudget {
  /** One directory's name stands before many files': a small database could spell out a huge list. */
  pathBytes: number
}

function readPaths(header: RpmHeader, budget: PathBudget): string[] {
  const directories = header.strings(tags.dirNames)
  const indexes = header.numbers(tags.dirIndexes)
  const names = header.strings(tags.baseNames)
  return names.map((name, index) => {
    const directory = directories[indexes[index] ?? -1]
    if (directory === undefined)
      throw new UserError(`file ${index}, ${name.slice(0, 80)}, is in no directory`)
    const length = directory.length + name.length
    budget.pathBytes -= length
    if (length > maxPath) throw new UserError(`the path of file ${index} has ${length} characters`)
    if (budget.pathBytes < 0)
      throw new UserError(`all paths together have more than ${maxPathBytes} characters`)
    return directory + name
  })
}
