import { type DistroName, distros, namedDistro, oneOf, recordedChoice } from '../lib/settings.ts'
import { type Distro, readDistro } from '../workspace/distro.ts'
import { hasApt } from './debian-packages.ts'
import { obstacleTo } from './registry.ts'
import type { Row } from './report.ts'

export interface DistroChoice {
  readonly chosen: DistroName
  /** Why this one. */
  readonly why: string
  readonly rows: readonly Row[]
  /** Sentences: what the user may do where an image cannot be had. */
  readonly advice: readonly string[]
}

/**
 * The distro that builds are to use: the wanted one, `DISTRO`, the one recorded before, else al2023 if its image can be
 * had, else the lab. Edits nothing.
 */
export async function chooseDistro(wanted: string | undefined): Promise<DistroChoice> {
  const asked = wanted ? oneOf('--distro', wanted, distros) : namedDistro()
  const { distro: recorded } = recordedChoice()
  if (asked) return await choose(readDistro(asked), 'as asked')
  if (recorded) return await choose(readDistro(recorded), 'as recorded before')
  return await choose(readDistro('al2023'))
}

/** Exported for its test. With `settled`, why it has to be this one, it is chosen whether its image can be had or not. */
export async function choose({ name, image }: Distro, settled?: string): Promise<DistroChoice> {
  if (!image) return { chosen: name, why: settled ?? 'it needs no registry', rows: [labRow()], advice: [] }
  const obstacle = await obstacleTo(image)
  const found = obstacle?.why ?? `${image.reference.split('/').at(-1)} can be had`
  const rows = [{ what: name, found, ok: !obstacle }, labRow()]
  if (!obstacle) return { chosen: name, why: settled ?? 'its image can be had', rows, advice: [] }
  return {
    chosen: settled ? name : 'lab',
    why: settled ?? `${name} cannot be had here, so the embedded lab is used`,
    rows,
    advice: [
      settled
        ? "'npm run setup -- --distro=lab' builds from the embedded lab instead"
        : `'npm run setup -- --distro=${name}' asks again and chooses ${name}`,
      obstacle.isPin
        ? `'npm run pin -- ${name} RELEASE' moves the pin, and without RELEASE shows what there is`
        : [],
    ].flat(),
  }
}

/** The lab is unpacked and installed in roots of its own, from .debs that apt fetches. */
function labRow(): Row {
  const missing = [...(process.getuid?.() === 0 ? [] : ['root']), ...(hasApt() ? [] : ['apt'])]
  if (missing.length > 0)
    return { what: 'lab', found: `cannot be made here without ${missing.join(' and ')}`, ok: false }
  return { what: 'lab', found: 'made here from the Debian archive', ok: true }
}
