import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { builtOf } from '../build/dist.ts'
import { chain } from '../image/chain.ts'
import { UserError } from '../lib/errors.ts'
import { groupBy } from '../lib/group-by.ts'
import { inRepo } from '../lib/paths.ts'
import type { DistroName, Platform } from '../lib/settings.ts'
import type { Package } from '../rpm/package.ts'
import { packageData, readPackageData } from '../rpm/package-data.ts'
import { formatList, listedImages, listsFolder, parseList, readList } from '../rpm/package-list.ts'
import { platformFolder } from '../workspace/outputs.ts'
import type { Image } from '../workspace/workspace.ts'
import { type PackageChange, packageChanges } from './changes.ts'

/** The list of one image on one platform, as it is checked in and as it ought to be. */
export interface ListState {
  readonly image: string
  readonly platform: Platform
  /** Path from the root of the repository. */
  readonly file: string
  readonly packages: readonly Package[]
  readonly text: string
  /** Undefined where there is none yet. */
  readonly checkedIn: readonly string[] | undefined
}

/** Compares a built image with its list. Throws UserError for an image that says nothing of its packages. */
export function listState(image: Image, platform: Platform, distro: DistroName): ListState {
  const folder = platformFolder(platform)
  const packages = readPackageData(packageData(builtOf(image, platform)))
  if (packages.length === 0) {
    throw new UserError(
      `${image.name} for ${platform} has no rpm database: scanners would see an image without packages`,
    )
  }
  const file = join(listsFolder, distro, folder, image.name)
  const checkedIn = readList(distro, folder, image.name)
  return { image: image.name, platform, file, packages, text: formatList(packages), checkedIn }
}

/** False also for lines in another order: the list has to be what the image would print. */
export function isCurrent({ text, checkedIn }: ListState): boolean {
  return checkedIn !== undefined && checkedIn.map(line => `${line}\n`).join('') === text
}

export function writeList({ file, text }: ListState): void {
  mkdirSync(dirname(inRepo(file)), { recursive: true })
  writeFileSync(inRepo(file), text)
}

/** Paths of lists whose image is no more. */
export function staleLists(images: readonly Image[], platform: Platform, distro: DistroName): string[] {
  const folder = platformFolder(platform)
  const names = new Set(images.map(({ name }) => name))
  return listedImages(distro, folder)
    .filter(name => !names.has(name))
    .map(name => join(listsFolder, distro, folder, name))
}

export function removeList(file: string): void {
  rmSync(inRepo(file))
}

/** How lists differ from their images, in lines: each distinct change once, with the images that it is in. */
export function describeStates(states: readonly ListState[]): string[] {
  const each = states.flatMap(state =>
    stateLines(state).map(line => ({ line, image: `${state.image} ${state.platform}` })),
  )
  const distinct = [...groupBy(each, ({ line }) => line)].map(([line, same]) => ({
    line,
    images: same.map(({ image }) => image).join(', '),
  }))
  return [...groupBy(distinct, ({ images }) => images)].flatMap(([images, together]) => [
    `${images}:`,
    ...together.map(({ line }) => `  ${line}`),
  ])
}

function stateLines({ text, checkedIn, packages }: ListState): string[] {
  if (!checkedIn) return ['it has no list yet']
  const changes = packageChanges(checkedIn, parseList(text))
  if (changes.length === 0) return ['its list is not sorted as rpm -qa | LC_ALL=C sort would']
  return changes.map(change => describeChange(change, packages))
}

function describeChange({ kind, name, from, to }: PackageChange, packages: readonly Package[]): string {
  if (kind === 'added') return `added       ${name} ${to}: ${chain(packages, name)}`
  if (kind === 'removed') return `removed     ${name} ${from}`
  return `${kind.padEnd(12)}${name} ${from} → ${to}`
}
