import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { isScalar, parseDocument } from 'yaml'
import { UserError } from '../lib/errors.ts'
import { readText } from '../lib/json.ts'
import { type Distro, dayOf, type PinnedImage } from '../workspace/distro.ts'
import { findImage } from './image.ts'
import { findRepository, type Repositories, repositoriesOf } from './repositories.ts'

/** Architectures as dnf calls them, of all platforms. */
const architectures = ['x86_64', 'aarch64']

/**
 * Moves release and image together in a distro's data file, once both are proved to be there. `word` is a release, whose
 * newest image is taken, or a release with the number of its image, `2023.12.20260706.1`. Returns the lines that changed,
 * `- before` and `+ after`. Throws UserError, and then has changed nothing.
 */
export async function movePin(distro: Distro, file: string, word: string): Promise<string[]> {
  if (!distro.image)
    throw new UserError(`${distro.name} starts from no image: its release is a number in ${file}`)
  const repositories = repositoriesOf(distro)
  const { release, tags } = readWord(word, distro, repositories !== undefined)
  if (repositories) await proveRepositories(repositories, release, file)
  return rewrite(file, release, await findImage(distro.image.reference, tags))
}

function readWord(word: string, distro: Distro, hasNumbers: boolean): { release: string; tags: string[] } {
  const parts = distro.release.split('.').length
  const [, release, number] = new RegExp(`^(\\d+(?:\\.\\d+){${parts - 1}})(\\.\\d+)?$`).exec(word) ?? []
  if (!release || dayOf(release) === undefined || (number && !hasNumbers)) {
    const also = hasNumbers ? `, or a release with the number of its image, as ${distro.release}.0` : ''
    throw new UserError(`${word} is no release of ${distro.name}: write it as ${distro.release}${also}`)
  }
  if (number || !hasNumbers) return { release, tags: [word] }
  return { release, tags: Array.from({ length: 10 }, (_, place) => `${release}.${place}`) }
}

async function proveRepositories(repositories: Repositories, release: string, file: string): Promise<void> {
  const found = await Promise.all(architectures.map(arch => findRepository(repositories, release, arch)))
  if (!repositories.mustBeSigned || found.every(({ isSigned }) => isSigned)) return
  throw new UserError(
    `the metadata of ${release}'s repositories is not signed, so nobody can tell whether it is Amazon's: ` +
      `2023.11.20260406 is the first that is. ${file} wants a signature (repo_gpgcheck=1); dnf would refuse it`,
  )
}

/** By a rename, so that no reader meets half of it. */
function rewrite(file: string, release: string, { reference, digest }: PinnedImage): string[] {
  const before = readText(file)
  const document = parseDocument(before, { schema: 'failsafe' })
  for (const [value, ...path] of [
    [release, 'release'],
    [reference, 'image', 'reference'],
    [digest, 'image', 'digest'],
  ]) {
    const node = document.getIn(path, true)
    // The value alone, as others may be made of it by a YAML alias.
    if (isScalar(node)) node.value = value
  }
  const after = document.toString({ lineWidth: 0 })
  const aside = `${file}.new`
  try {
    writeFileSync(aside, after)
    renameSync(aside, file)
  } finally {
    rmSync(aside, { force: true })
  }
  const lines = after.split('\n')
  return before
    .split('\n')
    .flatMap((line, place) => (line === lines[place] ? [] : [`- ${line}`, `+ ${lines[place]}`]))
}
