import type { DistroName } from '../lib/settings.ts'
import type { Published } from '../workspace/workspace.ts'

/**
 * Every tag of one push, the immutable one first. AL2023 owns the tags without a suffix. Only the smallest flavour owns
 * the bare full version (`golang:1.26.6`), whatever the order of builds.
 * @param tag what this run calls its images: `2026-08-14-1786723447.2023`
 * @param full a language's whole version, as its package has it: `1.26.6-1`, `3.11.15`
 */
export function tagsOf(published: Published, distro: DistroName, tag: string, full?: string): string[] {
  const { repository, versionOf, version, flavour } = published
  if (versionOf && full === undefined)
    throw new Error(`the tags of ${repository} hold the version of ${versionOf}`)
  const tags =
    full && versionOf ? languageTags(full, version, flavour, distro, tag) : plainTags(flavour, distro, tag)
  return [...new Set(tags)]
}

const generation = (distro: DistroName) => (distro === 'al2' ? 'al2' : 'al23')

function plainTags(flavour: string | undefined, distro: DistroName, tag: string): string[] {
  const prefix = flavour ? `${flavour}-` : ''
  const latest = distro === 'al2' ? 'latest.2' : 'latest'
  return [tag, latest, `latest-${generation(distro)}`].map(one => prefix + one)
}

function languageTags(
  full: string,
  version: string | undefined,
  flavour: string | undefined,
  distro: DistroName,
  tag: string,
): string[] {
  const release = full.split('-')[0]!
  const short = version ?? release.split('.').slice(0, 2).join('.')
  const end = flavour ? `-${flavour}` : ''
  const named = [short, full, release].map(one => one + end)
  const suffixed = named.map(one => `${one}-${generation(distro)}`)
  const bare = flavour ? [] : [distro === 'al2' ? `${release}-al2` : release]
  return [`${short}${end}-${tag}`, ...(distro === 'al2' ? [] : named), ...bare, ...suffixed]
}
