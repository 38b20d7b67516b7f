import { UserError } from '../lib/errors.ts'
import { quoted } from '../registry/errors.ts'
import { isPrivate } from '../registry/origin.ts'
import type { Distro } from '../workspace/distro.ts'
import { fetchText } from './fetch.ts'

/** Where a distro's repositories are, as its own configuration of dnf says. */
export interface Repositories {
  /** Address of a list of mirrors, with `$releasever` and `$basearch` in it. */
  readonly mirrorlist: string
  /** Whether dnf is to refuse metadata without a signature. */
  readonly mustBeSigned: boolean
}

/** Undefined where the repositories have no releases, as those of Amazon Linux 2. */
export function repositoriesOf({ files }: Distro): Repositories | undefined {
  const settings = Object.values(files).join('\n')
  const [, mirrorlist] = /^mirrorlist=(\S*\$releasever\S*)$/m.exec(settings) ?? []
  return mirrorlist ? { mirrorlist, mustBeSigned: /^repo_gpgcheck=1$/m.test(settings) } : undefined
}

/** All releases that there are, newest first: `releasemd.xml` lists them, beside the folder of the lists of mirrors. */
export async function listReleases({ mirrorlist }: Repositories): Promise<string[]> {
  const url = address(mirrorlist.replace(/mirrors\/\$releasever.*/, 'releasemd.xml'))
  const text = await fetchText(url)
  if (text === undefined) throw new UserError(`${url.href} is not there: it lists the releases`)
  const [list] = /<releases>[\s\S]*<\/releases>/.exec(text.replace(/<!--[\s\S]*?-->/g, '')) ?? []
  const names = [...(list ?? '').matchAll(/<release\s[^>]*\bversion="(\d+(?:\.\d+)+)"/g)].map(
    ([, name]) => name!,
  )
  if (names.length === 0) {
    throw new UserError(`${url.href} is no list of releases; it begins ${quoted(text.trim().slice(0, 60))}`)
  }
  return [...new Set(names)].sort(byVersion).reverse()
}

/**
 * Proves that a release's repository for an architecture, as dnf calls it, is there: its list of mirrors, and the index
 * of its metadata on the first of them. Says whether a signature lies beside it; dnf looks into that when it builds.
 */
export async function findRepository(
  { mirrorlist }: Repositories,
  release: string,
  arch: string,
): Promise<{ isSigned: boolean }> {
  const fill = (text: string) => text.replaceAll('$releasever', release).replaceAll('$basearch', arch)
  const list = address(fill(mirrorlist))
  const mirrors = await fetchText(list)
  if (mirrors === undefined)
    throw new UserError(`there are no repositories of ${release}: ${list.href} is not there`)
  const mirror = fill(mirrors.trim().split(/\s/)[0]!).replace(/\/*$/, '/')
  const index = URL.canParse(mirror) ? new URL('repodata/repomd.xml', mirror) : undefined
  if (!index || !isPrivate(index, list)) {
    throw new UserError(
      `${list.href} is no list of mirrors; it begins ${quoted(mirrors.trim().slice(0, 60))}`,
    )
  }
  const metadata = await fetchText(index)
  if (!metadata || !/<repomd[\s>][\s\S]*<data type="primary">/.test(metadata)) {
    throw new UserError(
      `${index.href} ${metadata === undefined ? 'is not there' : "is no index of a repository's metadata"}`,
    )
  }
  const signature = await fetchText(new URL(`${index.href}.asc`))
  return { isSigned: signature?.includes('-----BEGIN PGP SIGNATURE-----') === true }
}

function address(text: string): URL {
  if (URL.canParse(text)) return new URL(text)
  throw new UserError(`mirrorlist=${text} in the distro's data file is no address`)
}

function byVersion(a: string, b: string): number {
  const [left, right] = [a.split('.').map(Number), b.split('.').map(Number)]
  const at = left.findIndex((number, place) => number !== right[place])
  return at === -1 ? left.length - right.length : left[at]! - (right[at] ?? -1)
}
