import type { BuiltImage } from '../../image/built-image.ts'
import { packagesOf } from '../../image/packages-of.ts'
import { lookUp } from '../../image/resolve.ts'
import type { FileEntry } from '../../oci/files.ts'
import type { Facts } from './facts.ts'

interface Leftover {
  readonly what: string
  readonly matches: (entry: FileEntry) => boolean
  /** Not a leftover if a package put it there. */
  readonly unlessOwned?: boolean
  /** Not a leftover in an image with a package manager. */
  readonly unlessManaged?: boolean
}

const below = (pattern: RegExp) => (entry: FileEntry) => pattern.test(entry.path)
const contentBelow = (pattern: RegExp) => (entry: FileEntry) =>
  entry.type !== 'dir' && pattern.test(entry.path)

/** What installations leave behind: it differs from build to build, hides things or only takes space. */
const leftovers: readonly Leftover[] = [
  { what: 'cache of a package manager', matches: contentBelow(/^\/var\/cache\/(dnf|yum|ldconfig|apt)\//) },
  { what: 'cache of a package manager', matches: below(/^\/var\/cache\/(dnf|yum)$/), unlessManaged: true },
  { what: 'history of a package manager', matches: below(/^\/var\/lib\/(dnf|yum)$/), unlessManaged: true },
  { what: 'history of a package manager', matches: contentBelow(/^\/var\/lib\/(dnf|yum)\//) },
  { what: 'log', matches: contentBelow(/^\/var\/log\/([^/]*\.log([.-].*)?|(dnf|hawkey|yum|rpm).*)$/) },
  { what: 'log', matches: ({ path, size }) => path.startsWith('/var/log/') && size > 0 },
  { what: 'temporary file of rpm', matches: below(/;[0-9a-f]{8}$/) },
  { what: 'temporary file of rpm', matches: below(/^\/var\/tmp\/rpm-tmp|^\/var\/lib\/rpm\/(__db|\.dbenv)/) },
  { what: 'temporary file', matches: below(/^\/(var\/)?tmp\/./) },
  { what: 'tool lent to a scriptlet', matches: below(/^\/fakeroot(\/|$)/) },
  { what: 'tool lent to a scriptlet', matches: ({ link = '' }) => /^\/?fakeroot\//.test(link) },
  {
    what: 'backup of accounts',
    matches: below(/^\/etc\/((g?shadow|passwd|group|subuid|subgid)-|\.pwd\.lock)$/),
  },
  {
    what: 'regular file among devices',
    matches: entry => isRegular(entry) && entry.path.startsWith('/dev/'),
  },
  { what: 'identity of one machine', matches: ({ path, size }) => path === '/etc/machine-id' && size > 0 },
  {
    what: 'identity of one machine',
    matches: below(/^\/var\/lib\/(systemd\/random-seed|dbus\/machine-id)$/),
  },
  { what: 'unmerged configuration', matches: below(/\.rpm(new|save|orig)$/) },
  { what: 'index of debug files', matches: below(/^\/usr\/lib\/(debug\/)?\.build-id$/), unlessManaged: true },
  { what: 'bytecode', matches: contentBelow(/\/__pycache__\//), unlessOwned: true },
  { what: 'history of a shell', matches: below(/^\/root\/\.\w*_history$/) },
  { what: "the workshop's repository", matches: below(/^\/srv\/repo(\/|$)/) },
  {
    what: 'name server of one machine',
    matches: ({ path, size }) => path === '/etc/resolv.conf' && size > 0,
  },
]

/** Paths that a build left behind, a problem each. */
export async function noLeftovers(image: BuiltImage, facts: Facts): Promise<string[]> {
  const rules = leftovers.filter(({ unlessManaged }) => !(unlessManaged && facts.packageManager))
  const found = [...image.files.values()].flatMap(entry => {
    const rule = rules.find(({ matches }) => matches(entry))
    return rule ? [{ ...rule, path: entry.path }] : []
  })
  const owned = found.some(({ unlessOwned }) => unlessOwned) ? await ownedPaths(image) : new Set<string>()
  return found
    .filter(({ path, unlessOwned }) => !(unlessOwned && owned.has(path)))
    .map(({ path, what }) => `${path}: ${what}`)
}

const isRegular = ({ type }: FileEntry) => type === 'file' || type === 'hardlink'

/** As the image has them: a package may say /lib64 where the file is in /usr/lib64. */
async function ownedPaths(image: BuiltImage): Promise<Set<string>> {
  const files = (await packagesOf(image)).flatMap(one => one.files)
  return new Set(files.map(({ path }) => lookUp(image.files, path)?.path ?? path))
}
