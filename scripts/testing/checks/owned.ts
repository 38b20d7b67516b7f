import type { BuiltImage } from '../../image/built-image.ts'
import { ownersOf } from '../../image/owners.ts'
import { packagesOf } from '../../image/packages-of.ts'
import type { Facts } from './facts.ts'

/** Of rpm and of `alternatives`: what packages do writes them, and no package has them. */
const databases = ['/var/lib/rpm/', '/var/lib/alternatives/']

/** What no package has is what no scanner sees: each such file is one that the recipe makes, on purpose. */
export async function ownedFiles(image: BuiltImage, { made = [] }: Facts): Promise<string[]> {
  const ownerOf = ownersOf(await packagesOf(image))
  const isMade = (path: string) => made.some(one => (one.endsWith('/') ? path.startsWith(one) : path === one))
  const unowned = [...image.files.values()].filter(
    ({ path, type }) =>
      (type === 'file' || type === 'hardlink') &&
      !ownerOf(path) &&
      !databases.some(folder => path.startsWith(folder)),
  )
  return [
    ...unowned
      .filter(({ path }) => !isMade(path))
      .map(
        ({ path }) =>
          `${path} is of no package: remove it, or say in test.ts that the recipe makes it (made)`,
      ),
    ...made
      .filter(one => !unowned.some(({ path }) => (one.endsWith('/') ? path.startsWith(one) : path === one)))
      .map(one => `${one} is said to be made by the recipe, and a package has it or it is not there`),
  ]
}
