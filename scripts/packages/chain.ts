import type { Package } from '../lib/rpm/package.ts'

/**
 * What brought a package into an image, in words: who needs it, who needs that one, up to a package that none needs,
 * which the recipe asked for. `needed by git-core (libpcre2-8.so.0()(64bit)), needed by git, which no package needs`.
 */
export function chain(packages: readonly Package[], name: string): string {
  const links: string[] = []
  const seen = new Set<string>()
  for (let at = packages.find(one => one.name === name); at; ) {
    seen.add(at.name)
    const next = requirer(packages, at, seen)
    if (!next && !requirer(packages, at, new Set([at.name]))) links.push('which no package needs')
    if (!next) break
    links.push(`needed by ${next.by.name}${next.what === at.name ? '' : ` (${next.what})`}`)
    at = next.by
  }
  return links.join(', ')
}

function requirer(packages: readonly Package[], one: Package, seen: ReadonlySet<string>) {
  const provided = new Set([...one.provides.map(({ name }) => name), ...one.files.map(({ path }) => path)])
  for (const by of packages) {
    const what = seen.has(by.name) ? undefined : by.requires.find(({ name }) => provided.has(name))?.name
    if (what) return { by, what }
  }
  return undefined
}
