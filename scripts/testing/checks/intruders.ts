import type { BuiltImage } from '../../image/built-image.ts'
import { chain } from '../../image/chain.ts'
import { ownersOf } from '../../image/owners.ts'
import { packagesOf } from '../../image/packages-of.ts'
import type { Facts } from './facts.ts'

type Check = (image: BuiltImage, facts: Facts) => string[] | Promise<string[]>

/** The same check, which also says of each path that it complains of which package that is of, and what brought it. */
export function explained(check: Check): Check {
  return async (image, facts) => {
    const problems = await check(image, facts)
    return problems.length === 0 ? [] : await explain(image, problems)
  }
}

async function explain(image: BuiltImage, problems: readonly string[]): Promise<string[]> {
  // Without a database another check says so.
  const packages = await packagesOf(image).catch(() => [])
  const ownerOf = ownersOf(packages)
  return problems.map(problem => {
    const path = problem.split(' ')[0]!
    const owner = ownerOf(path)?.name
    if (!image.files.has(path)) return problem
    return owner ? `${problem}: of ${owner}, ${chain(packages, owner)}` : `${problem}: of no package`
  })
}
