import { posix } from 'node:path'
import type { BuiltImage } from '../../image/built-image.ts'
import { parseElf } from '../../image/elf.ts'
import type { FileEntry } from '../../oci/files.ts'
import type { Facts } from './facts.ts'

const binDirectory = /^(\/usr|\/usr\/local)?\/s?bin$/
const shell = /^(sh|bash|dash|r?bash|[amp]?ksh(93)?|mksh|ash|zsh|fish|t?csh|busybox|toybox)$/
const packageManager =
  /^(dnf[\d-]*|microdnf|yum|yumdownloader|rpm|rpm2\w+|rpmdb|rpmkeys|rpmquery|rpmverify|zypper|apt(-.*)?|dpkg(-.*)?|apk|tdnf)$/
const packageLibrary = /^lib(rpm|rpmio|dnf|dnf5|solv|apt-pkg)\.so/

/** Shells by name, in every directory for programs. */
export function noShell({ files }: BuiltImage, facts: Facts): string[] {
  if (facts.shell) return []
  return programs(files)
    .filter(({ path }) => shell.test(posix.basename(path)))
    .map(({ path }) => `${path} is a shell`)
}

/** Package managers by name, and by the library that they are made of. */
export function noPackageManager(image: BuiltImage, facts: Facts): string[] {
  if (facts.packageManager) return []
  return programs(image.files)
    .filter(entry => packageManager.test(posix.basename(entry.path)) || linksPackageLibrary(image, entry))
    .map(({ path }) => `${path} is a package manager`)
}

function programs(files: BuiltImage['files']): FileEntry[] {
  return [...files.values()].filter(
    ({ path, type }) => type !== 'dir' && binDirectory.test(posix.dirname(path)),
  )
}

function linksPackageLibrary(image: BuiltImage, { path, type }: FileEntry): boolean {
  if (type !== 'file') return false
  return parseElf(image.read(path))?.needed.some(name => packageLibrary.test(name)) ?? false
}
