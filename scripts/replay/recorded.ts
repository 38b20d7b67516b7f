import { createHash } from 'node:crypto'
import { UserError } from '../lib/errors.ts'
import { parseHeader, type RpmHeader } from '../rpm/header.ts'
import { fileFlags } from '../rpm/package.ts'
import { readTable } from '../rpm/sqlite.ts'
import { originalHeader } from './raw-header.ts'

/** A package that a database records, with the header that it was built with. */
export interface Recorded {
  readonly name: string
  /** As its file is called, without `.rpm`. */
  readonly nevra: string
  readonly arch: string
  /** With the magic before it, as the file had it. */
  readonly header: Buffer
  readonly tags: RpmHeader
  readonly files: readonly RecordedFile[]
  /** Sonames that it needs of other packages: `libc.so.6`. */
  readonly needs: ReadonlySet<string>
}

export interface RecordedFile {
  readonly path: string
  readonly mode: number
  readonly isGhost: boolean
  /** Seconds since 1970. */
  readonly time: number
  readonly target: string
  /** The same for files that are hard links of each other. */
  readonly inode: number
  /** libmagic's words for its content. */
  readonly kind: string
}

/** `st_mode`. */
const [fileType, regular, link] = [0o170000, 0o100000, 0o120000]
export const isRegular = ({ mode }: RecordedFile) => (mode & fileType) === regular
export const isLink = ({ mode }: RecordedFile) => (mode & fileType) === link

export interface Database {
  readonly packages: readonly Recorded[]
  /** The public keys that are imported in it, armored. */
  readonly keys: readonly string[]
}

const tags = {
  sha256: 273,
  name: 1000,
  version: 1001,
  release: 1002,
  description: 1005,
  arch: 1022,
  modes: 1030,
  times: 1034,
  targets: 1036,
  flags: 1037,
  requires: 1049,
  inodes: 1096,
  directories: 1116,
  names: 1117,
  directoryNames: 1118,
  classes: 1141,
  classNames: 1142,
}

/** Every package of an rpmdb.sqlite that is out of WAL mode. Throws UserError where a header is not what it was built as. */
export function readRecorded(database: Buffer): Database {
  const rows = readTable(database, 'Packages').map(({ columns: [, row] }) => row as Buffer)
  const keys: string[] = []
  const packages: Recorded[] = []
  for (const row of rows) {
    const whole = parseHeader(row)
    if (whole.string(tags.name) === 'gpg-pubkey') keys.push(whole.string(tags.description)!)
    else packages.push(recorded(originalHeader(row), whole.string(tags.sha256)))
  }
  return { packages: packages.sort((a, b) => (a.nevra < b.nevra ? -1 : 1)), keys }
}

function recorded(header: Buffer, digest: string | undefined): Recorded {
  const read = parseHeader(header.subarray(8))
  const [name, arch] = [read.string(tags.name)!, read.string(tags.arch)!]
  const nevra = `${name}-${read.string(tags.version)}-${read.string(tags.release)}.${arch}`
  if (createHash('sha256').update(header).digest('hex') !== digest)
    throw new UserError(
      `the database says of ${nevra} what it was not built with: its header has another digest`,
    )
  const sonames = read
    .strings(tags.requires)
    .flatMap(one => /^([^\s()/]+\.so[^\s()/]*)\(/.exec(one)?.[1] ?? [])
  return { name, nevra, arch, header, tags: read, files: filesOf(read), needs: new Set(sonames) }
}

function filesOf(read: RpmHeader): RecordedFile[] {
  const [directories, indexes] = [read.strings(tags.directoryNames), read.numbers(tags.directories)]
  const [modes, flags, times] = [read.numbers(tags.modes), read.numbers(tags.flags), read.numbers(tags.times)]
  const [targets, inodes] = [read.strings(tags.targets), read.numbers(tags.inodes)]
  const [classes, kinds] = [read.numbers(tags.classes), read.strings(tags.classNames)]
  return read.strings(tags.names).map((name, index) => ({
    path: directories[indexes[index]!]! + name,
    mode: modes[index]!,
    isGhost: (flags[index]! & fileFlags.ghost) !== 0,
    time: times[index]!,
    target: targets[index]!,
    inode: inodes[index]!,
    kind: kinds[classes[index]!] ?? '',
  }))
}
