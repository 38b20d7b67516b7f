import type { BuiltImage } from '../../image/built-image.ts'
import { packagesOf } from '../../image/packages-of.ts'
import { lookUp } from '../../image/resolve.ts'
import { fileFlags, fileStates, nvra, type Package, type PackageFile } from '../../rpm/package.ts'
import { rpmdbPath } from '../../rpm/rpmdb.ts'
import type { Facts } from './facts.ts'

/** The rpm database: scanners can read it, and two builds give the same bytes. */
export async function rpmDatabase(image: BuiltImage): Promise<string[]> {
  const sidecars = [`${rpmdbPath}-wal`, `${rpmdbPath}-shm`, '/var/lib/rpm/.rpm.lock']
  const left = sidecars.filter(path => image.files.has(path)).map(path => `${path} is left over`)
  const packages = await packagesOf(image)
  const none = packages.length === 0 ? [`${rpmdbPath} lists no package`] : []
  return [...left, ...none, ...duplicates(packages), ...installTimes(packages)]
}

/** Every regular file that a package recorded as installed is there, or the reason why not is known. */
export async function completePackages(image: BuiltImage, facts: Facts): Promise<string[]> {
  const { removed = [] } = facts
  const problems: string[] = []
  for (const one of await packagesOf(image)) {
    for (const file of one.files) {
      if (!isExpected(file) || isRemoved(file.path, removed) || lookUp(image.files, file.path)) continue
      problems.push(`${file.path} of ${nvra(one)} is missing`)
    }
  }
  return problems
}

function duplicates(packages: Package[]): string[] {
  const key = (one: Package) => (one.name === 'gpg-pubkey' ? nvra(one) : `${one.name}.${one.arch}`)
  const seen = new Map<string, string>()
  return packages.flatMap(one => {
    const other = seen.get(key(one))
    seen.set(key(one), nvra(one))
    return other ? [`${other} and ${nvra(one)} are both in the rpm database`] : []
  })
}

function installTimes(packages: Package[]): string[] {
  const times = new Map(packages.map(one => [one.installTime, nvra(one)]))
  if (times.size <= 1) return []
  const examples = [...times].slice(0, 3).map(([time, name]) => `${time} (${name})`)
  return [`INSTALLTIME differs: ${examples.join(', ')}; it must be the distro's epoch in every package`]
}

const fileType = 0o170000
const regular = 0o100000

function isExpected({ mode, flags, state = fileStates.normal }: PackageFile): boolean {
  if ((mode & fileType) !== regular || state !== fileStates.normal) return false
  return (flags & (fileFlags.ghost | fileFlags.doc | fileFlags.missingOk)) === 0
}

/** Of documentation it keeps what may be a licence. */
const cleaned = [
  /^\/usr\/share\/(doc|man)\/(?!.*(lice|copy|gpl|not|credits)[^/]*$)/i,
  /^\/usr\/lib\/(debug\/)?\.build-id\//,
  /^\/usr\/lib\/debug\/usr\/\.dwz\//,
  /^\/var\/(cache|tmp)\//,
  /^\/var\/log\/[^/]*\.log$/,
  /^\/var\/lib\/(yum|dnf)\//,
]

function isRemoved(path: string, removed: readonly string[]): boolean {
  if (removed.some(one => path === one || (one.endsWith('/') && path.startsWith(one)))) return true
  return isRemovedByCleanup(path)
}

/** True for what `cleanup` deletes from every image. */
export function isRemovedByCleanup(path: string): boolean {
  return cleaned.some(pattern => pattern.test(path))
}
