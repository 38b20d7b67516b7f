import { readFileSync, writeFileSync } from 'node:fs'
import { parseDocument } from 'yaml'
import { UserError } from '../lib/errors.ts'
import { inRepo } from '../lib/paths.ts'
import { type DistroName, distros, namedDistro, oneOf, recordedChoice } from '../lib/settings.ts'
import { readDistro } from '../workspace/distro.ts'
import { hasApt } from './debian-packages.ts'
import { remoteDigest } from './registry.ts'
import type { Row } from './report.ts'

/**
 * The distro that builds are to use: the wanted one, `DISTRO`, the one recorded before, else al2023 if its image can be
 * reached, else the lab. An image's digest is recorded in the data file when the registry first tells it.
 */
export async function chooseDistro(
  wanted: string | undefined,
): Promise<{ chosen: DistroName; why: string; rows: Row[] }> {
  const asked = wanted ? oneOf('--distro', wanted, distros) : namedDistro()
  const settled = asked ?? recordedChoice().distro
  const why = asked ? 'as asked' : 'as recorded before'
  if (settled === 'lab') return { chosen: 'lab', why, rows: [labRow()] }
  const row = await reach(settled ?? 'al2023')
  const rows = [row, labRow()]
  if (settled) return { chosen: settled, why, rows }
  if (row.ok) return { chosen: 'al2023', why: 'its image can be reached', rows }
  return {
    chosen: 'lab',
    why: "Amazon's registry cannot be reached from here, so the embedded lab is used",
    rows,
  }
}

/** The lab is unpacked and installed in roots of its own, from .debs that apt fetches. */
function labRow(): Row {
  const missing = [...(process.getuid?.() === 0 ? [] : ['root']), ...(hasApt() ? [] : ['apt'])]
  if (missing.length > 0)
    return { what: 'lab', found: `cannot be made here without ${missing.join(' and ')}`, ok: false }
  return { what: 'lab', found: 'made here from the Debian archive', ok: true }
}

/** Asks the registry for the pinned image and records its digest if none is recorded yet. */
async function reach(name: DistroName): Promise<Row> {
  const { image } = readDistro(name)
  if (!image) return { what: name, found: 'needs no registry', ok: true }
  const remote = await remoteDigest(image.reference)
  if (remote.digest === undefined) return { what: name, found: remote.why, ok: false }
  const { digest } = remote
  if (!image.digest) recordDigest(inRepo('images', 'distro', `${name}.yaml`), digest)
  else if (image.digest !== digest) {
    throw new UserError(
      `${image.reference} is ${digest} in the registry, and images/distro/${name}.yaml pins ${image.digest}: ` +
        'a release tag must not move; find out why before you change the pin',
    )
  }
  return { what: name, found: `${image.reference.split('/').at(-1)} can be reached`, ok: true }
}

/** Sets `image.digest`, keeping comments and order. */
function recordDigest(file: string, digest: string): void {
  const document = parseDocument(readFileSync(file, 'utf8'))
  document.setIn(['image', 'digest'], digest)
  writeFileSync(file, document.toString({ lineWidth: 0 }))
}
