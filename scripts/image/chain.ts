import type { Package } from '../rpm/package.ts'
import { requirements } from '../rpm/requirements.ts'

/**
 * What brought a package into an image, in words: who needs it, who needs that one, up to a package that none needs,
 * which the recipe asked for. `needed by git-core (libpcre2-8.so.0()(64bit)), needed by git, which no package needs`.
 * `npm run why` says also which line of the recipe that was.
 */
export function chain(packages: readonly Package[], name: string): string {
  const edges = requirements(packages)
  const links: string[] = []
  const seen = new Set<Package>()
  for (let at = packages.find(one => one.name === name); at; ) {
    seen.add(at)
    const needs = edges.filter(({ to }) => to === at)
    const next = needs.find(({ from }) => !seen.has(from))
    if (needs.length === 0) links.push('which no package needs')
    if (!next) break
    links.push(`needed by ${next.from.name}${next.requires === at.name ? '' : ` (${next.requires})`}`)
    at = next.from
  }
  return links.join(', ')
}
