import { UserError } from '../lib/errors.ts'
import { openRepository } from '../registry/client.ts'
import { promptLimits as limits } from '../registry/limits.ts'
import { parseReference } from '../registry/reference.ts'
import { obstacleTo } from '../setup/registry.ts'
import type { Distro, PinnedImage } from '../workspace/distro.ts'
import { digestOf } from './image.ts'
import { listReleases, repositoriesOf } from './repositories.ts'

/** Older ones than so many are counted only. */
const most = 12

/** What a distro is pinned to, in a line, and what its registry says of that, in another. */
export async function describePin({ name, release, image }: Distro): Promise<string[]> {
  if (!image) throw new UserError(`${name} starts from no image that could be pinned`)
  return [`${name} is pinned to ${release}, ${image.reference}@${image.digest}`, await standing(image)]
}

/** The releases that there are, newest first, a line each. */
export async function describeReleases(distro: Distro): Promise<string[]> {
  const repositories = repositoriesOf(distro)
  if (!repositories)
    return [`no list of ${distro.name}'s releases is published: its image's tags are its releases`]
  const all = await listReleases(repositories)
  const shown = all.slice(0, Math.max(most, all.indexOf(distro.release) + 1))
  const rest = all.length - shown.length
  return [
    ...shown.map(release => `  ${release}${release === distro.release ? '  pinned' : ''}`),
    ...(rest > 0 ? [`  and ${rest} older`] : []),
    ...(all.includes(distro.release) ? [] : [`${distro.release}, which is pinned, is not among them`]),
  ]
}

async function standing(image: PinnedImage): Promise<string> {
  const obstacle = await obstacleTo(image)
  if (obstacle) return `it cannot be had: ${obstacle.why}`
  const where = parseReference(image.reference)
  const named = await digestOf(openRepository(where, { limits }), where.version)
  if (named === image.digest) return 'the registry has it, and its tag names it'
  const tag = named ? `its tag now names ${named}` : 'its tag is gone'
  return `the registry has it; ${tag}, which changes nothing, as builds go by the digest`
}
