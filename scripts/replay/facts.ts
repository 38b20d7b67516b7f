import { parseHeader, type RpmHeader } from '../rpm/header.ts'
import { fileFlags, mergedPath } from '../rpm/package.ts'
import { readTable } from '../rpm/sqlite.ts'

/** What packages of one name in two distributions can be held against each other by: no version, no digest. */
export interface Facts {
  /** `requires /bin/sh`, `%post by /bin/sh`, `transfiletrigger -- /usr/lib by /bin/sh`. */
  readonly says: ReadonlySet<string>
  /** Path → `0755 root:root config noreplace`; links have no mode. */
  readonly files: ReadonlyMap<string, string>
}

const relations = {
  provides: 1047,
  requires: 1049,
  conflicts: 1054,
  obsoletes: 1090,
  recommends: 5046,
} as const
/** The script, and the program that runs it. */
const scriptlets = {
  '%pre': [1023, 1085],
  '%post': [1024, 1086],
  '%preun': [1025, 1087],
  '%postun': [1026, 1088],
  '%pretrans': [1151, 1153],
  '%posttrans': [1152, 1154],
} as const
/** What sets them off, which of the scripts each runs, the programs that run these, and when. */
const triggers = {
  trigger: [1066, 1069, 1092, 1068],
  filetrigger: [5069, 5070, 5067, 5072],
  transfiletrigger: [5079, 5080, 5077, 5082],
} as const
/** RPMSENSE_TRIGGER* of rpm's rpmds.h. */
const moments = { in: 1 << 16, un: 1 << 17, postun: 1 << 18, prein: 1 << 25 } as const
const file = {
  modes: 1030,
  flags: 1037,
  users: 1039,
  groups: 1040,
  directories: 1116,
  names: 1117,
  folders: 1118,
}
const [fileType, link, directory] = [0o170000, 0o120000, 0o040000]
/** RPMFILE_NOREPLACE of rpm's rpmfiles.h. */
const noReplace = 16

/** The facts of every package in an rpmdb.sqlite, by name; of keys none. */
export function readFacts(database: Buffer): Map<string, Facts> {
  const headers = readTable(database, 'Packages').map(({ columns: [, row] }) => parseHeader(row as Buffer))
  const named = headers.map(header => [header.string(1000)!, header] as const)
  return new Map(
    named
      .filter(([name]) => name !== 'gpg-pubkey')
      .map(([name, header]) => [name, { says: new Set(sayings(header)), files: new Map(filesOf(header)) }]),
  )
}

function* sayings(header: RpmHeader): Generator<string> {
  for (const [relation, tag] of Object.entries(relations))
    for (const name of header.strings(tag)) if (isComparable(name)) yield `${relation} ${mergedPath(name)}`
  for (const [scriptlet, [script, program]] of Object.entries(scriptlets)) {
    const by = header.string(program)
    if (by ?? header.string(script)) yield `${scriptlet} by ${mergedPath(by ?? '/bin/sh')}`
  }
  for (const [kind, [names, indexes, programs, flags]] of Object.entries(triggers)) {
    const [which, by, when] = [header.numbers(indexes), header.strings(programs), header.numbers(flags)]
    for (const [index, name] of header.strings(names).entries()) {
      const moment = Object.entries(moments).find(([, bit]) => (when[index]! & bit) !== 0)?.[0]
      yield `%${kind}${moment} -- ${mergedPath(name)} by ${mergedPath(by[which[index]!]!)}`
    }
  }
}

/** What rpm itself can do, and the versions of a library's symbols, say nothing of the distribution. */
const isComparable = (name: string) => !name.startsWith('rpmlib(') && !/\.so[^(]*\([^)]+\)/.test(name)

function* filesOf(header: RpmHeader): Generator<[string, string]> {
  const [folders, indexes] = [header.strings(file.folders), header.numbers(file.directories)]
  const [modes, flags] = [header.numbers(file.modes), header.numbers(file.flags)]
  const [users, groups] = [header.strings(file.users), header.strings(file.groups)]
  for (const [index, name] of header.strings(file.names).entries()) {
    const [mode, flag] = [modes[index]!, flags[index]!]
    const words = {
      config: fileFlags.config,
      noreplace: noReplace,
      missingok: fileFlags.missingOk,
      ghost: fileFlags.ghost,
    }
    const kind = (mode & fileType) === link ? 'link' : (mode & fileType) === directory ? 'folder' : 'file'
    const attributes = [
      kind,
      kind === 'link' ? '' : `0${(mode & 0o7777).toString(8)}`,
      `${users[index]}:${groups[index]}`,
      ...Object.entries(words).map(([word, bit]) => ((flag & bit) !== 0 ? word : '')),
    ]
    yield [mergedPath(folders[indexes[index]!]! + name), attributes.filter(Boolean).join(' ')]
  }
}

/**
 * How the packages that both have differ, a line each: `bash: lab alone requires filesystem`, `setup: /etc/motd is file
 * 0644 root:root in the lab, link root:root there`. Of files, only those that both have.
 */
export function factDifferences(
  lab: ReadonlyMap<string, Facts>,
  there: ReadonlyMap<string, Facts>,
): string[] {
  return [...lab].flatMap(([name, ours]) => {
    const theirs = there.get(name)
    if (!theirs) return []
    const alone = (who: string, one: Facts, other: Facts) =>
      [...one.says].filter(fact => !other.says.has(fact)).map(fact => `${name}: ${who} ${fact}`)
    const files = [...ours.files]
      .filter(([path, attributes]) => theirs.files.has(path) && theirs.files.get(path) !== attributes)
      .map(([path, attributes]) => `${name}: ${path} is ${attributes}, there ${theirs.files.get(path)}`)
    return [...alone('only here', ours, theirs), ...alone('only there', theirs, ours), ...files].sort()
  })
}
