import type { DistroName } from '../lib/settings.ts'

/** What an image is called in a registry. Every image also has a builder, in `<repository>-builder`, with the same tags. */
export interface Published {
  readonly repository: string
  /** `3.11` of python-3.11; absent where the image is not of one language, or the distro has one version only. */
  readonly version?: string
  /** The compiler images come in three sizes; the smallest has no name of its own. */
  readonly flavour?: 'yum' | 'gcc'
}

const languages = ['golang', 'nodejs', 'python']

/**
 * The repository that an image's name stands for: `minimal-base-git` → `eks-distro-minimal-base-git`,
 * `minimal-base-python-3.11` → `eks-distro-minimal-base-python`, `python-3.11-gcc` → `python`, `compiler-yum` →
 * `compiler-base`.
 */
export function publishedAs(name: string): Published {
  const [, flavour] = /^(?!minimal-).*-(yum|gcc)$/.exec(name) ?? []
  const plain = flavour ? name.slice(0, -flavour.length - 1) : name
  const [, unversioned, version] = /^(.+)-(\d+(?:\.\d+)*)$/.exec(plain) ?? []
  const stem = unversioned ?? plain
  return {
    repository: repositoryOf(stem),
    ...(version && { version }),
    ...(flavour && { flavour: flavour as 'yum' | 'gcc' }),
  }
}

function repositoryOf(stem: string): string {
  if (stem === 'compiler') return 'compiler-base'
  return stem.startsWith('minimal-') ? `eks-distro-${stem}` : stem
}

/**
 * Every tag of one push, the immutable one first. AL2023 owns the tags without a suffix. Only the smallest flavour owns
 * the bare full version (`golang:1.26.6`), whatever the order of builds.
 * @param tag what this run calls its images: `2026-08-14-1786723447.2023`
 * @param full a language's whole version, as its package has it: `1.26.6-1`, `3.11.15`
 */
export function tagsOf(name: string, distro: DistroName, tag: string, full?: string): string[] {
  const { repository, version, flavour } = publishedAs(name)
  const language = languages.some(one => repository === one || repository.endsWith(`-base-${one}`))
  if (language && full === undefined) throw new Error(`the tags of ${name} hold its language's version`)
  const tags =
    full && language ? languageTags(full, version, flavour, distro, tag) : plainTags(flavour, distro, tag)
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
