import { ownersOf } from '../image/owners.ts'
import { type FileEntry, powers } from '../oci/files.ts'
import type { PackageChange } from '../packages/changes.ts'
import { rpmdbPath } from '../rpm/rpmdb.ts'
import type { Change } from './changes.ts'
import type { Contents } from './side.ts'

type Inside = NonNullable<Contents['inside']>

/**
 * What changed among files. That the content of a package's files changes with its version needs no word, except of its
 * configuration files; all else does: files that come and go, what the recipe changed, modes, owners, privileges.
 */
export function fileChanges(before: Inside, after: Inside, packages: readonly PackageChange[]): Change[] {
  const [old, now] = [view(before), view(after)]
  const renewed = new Set(packages.map(({ name }) => name))
  const paths = [...new Set([...old.files.keys(), ...now.files.keys()])].sort()
  return paths.flatMap(path => {
    const [from, to] = [old.files.get(path), now.files.get(path)]
    const owner = now.ownerOf(path) ?? old.ownerOf(path)
    const of = owner ? { package: owner.name } : {}
    const changes = [...privileges(path, from, to), ...comeAndGo(path, from, to)]
    const isRenewed = path === rpmdbPath ? packages.length > 0 : renewed.has(owner?.name ?? '')
    return [...changes, ...altered(path, from, to, isRenewed, owner?.isConfig === true)].map(change => ({
      ...change,
      ...of,
    }))
  })
}

/** Files by path, hardlinks as the files they are, and the owner of each. */
function view({ files, packages }: Inside) {
  const byPath = new Map(files.map(entry => [entry.path, entry]))
  const resolved = files
    .filter(({ type }) => type !== 'dir')
    .map((entry): [string, FileEntry] => {
      const first = entry.type === 'hardlink' ? byPath.get(entry.link ?? '') : undefined
      return [entry.path, first ? { ...first, path: entry.path, size: 0 } : entry]
    })
  return { files: new Map(resolved), ownerOf: ownersOf(packages) }
}

const isExecutable = ({ type, mode, path }: FileEntry) =>
  type === 'file' && (mode & 0o111) !== 0 && !/\.so(\.|$)/.test(path)

function comeAndGo(path: string, from: FileEntry | undefined, to: FileEntry | undefined): Change[] {
  if ((from === undefined) === (to === undefined)) return []
  const about = isExecutable((to ?? from)!) ? 'executable' : 'file'
  return [{ about, kind: to ? 'added' : 'removed', what: path, bytes: (to?.size ?? 0) - (from?.size ?? 0) }]
}

function privileges(what: string, from: FileEntry | undefined, to: FileEntry | undefined): Change[] {
  const [old, now] = [from, to].map(entry => (entry ? describePowers(entry) : ''))
  if (old === now) return []
  const kind = old === '' ? 'added' : now === '' ? 'removed' : 'changed'
  return [{ about: 'privilege', kind, what, ...(old && { from: old }), ...(now && { to: now }) }]
}

/** With the capability's value, which says what it allows. */
function describePowers(entry: FileEntry): string {
  const value = entry.xattrs?.['security.capability']
  return powers(entry)
    .map(power => (power === 'file capabilities' ? `${power} ${value}` : power))
    .join(', ')
}

function altered(
  what: string,
  from: FileEntry | undefined,
  to: FileEntry | undefined,
  isRenewed: boolean,
  isConfig: boolean,
): Change[] {
  if (!from || !to) return []
  const [old, now] = [describe(from), describe(to)]
  if (old !== now) return [{ about: 'file', kind: 'changed', what, from: old, to: now }]
  if (from.sha256 === to.sha256 || (isRenewed && !isConfig)) return []
  const about = isConfig ? 'configuration file' : isExecutable(to) ? 'executable' : 'file'
  return [{ about, kind: 'changed', what, bytes: to.size - from.size }]
}

/** All but the content, and the privileges, which have lines of their own. */
function describe({ type, mode, uid, gid, link = '', device = '' }: FileEntry): string {
  return `${type} ${(mode & 0o1777).toString(8)} ${uid}:${gid} ${link}${device}`.trim()
}
