import { existsSync, readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { UserError } from '../lib/errors.ts'
import { inRepo } from '../lib/paths.ts'
import type { DistroName } from '../lib/settings.ts'

/** A distro's data file, `images/distro/<name>.yaml`. */
export interface Distro {
  readonly name: DistroName
  /** The one immutable state of its repositories that everything is built from. */
  readonly release: string
  /** Seconds since 1970: no timestamp in an image is later. */
  readonly epoch: number
  /** Network of `RUN` steps: `none` where the packages lie in `dist/repo`. */
  readonly network: 'none' | 'default'
  /** The root filesystem to start from; the lab makes its own. */
  readonly image?: { readonly reference: string; readonly digest?: string }
  /** Files that pin the release and the repositories: absolute path → content. */
  readonly files: Readonly<Record<string, string>>
}

/** Reads a distro's data file. Throws UserError for a key that is missing or unknown, so that a typo is not silence. */
export function readDistro(name: DistroName, folder = inRepo('images', 'distro')): Distro {
  const file = `${folder}/${name}.yaml`
  if (!existsSync(file)) throw new UserError(`${file} is missing: a distro is a data file of its name`)
  const data = parse(readFileSync(file, 'utf8')) as Record<string, unknown>
  const { release, epoch, network, image, files, ...rest } = data
  const unknown = Object.keys(rest)[0]
  if (unknown)
    throw new UserError(`${file}: unknown key "${unknown}"; use release, epoch, network, image, files`)
  if (release === undefined)
    throw new UserError(`${file}: "release" is missing: pin one release, such as 2023.12.20260803`)
  if (!Number.isSafeInteger(epoch))
    throw new UserError(`${file}: "epoch" is ${epoch}; use whole seconds since 1970`)
  if (network !== 'none' && network !== 'default') {
    throw new UserError(`${file}: "network" is ${network}; use none or default`)
  }
  return {
    name,
    release: String(release),
    epoch: epoch as number,
    network,
    ...(image ? { image: image as { reference: string; digest?: string } } : {}),
    files: (files ?? {}) as Record<string, string>,
  }
}
