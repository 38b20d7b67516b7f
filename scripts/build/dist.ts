import { join } from 'node:path'
import { UserError } from '../lib/errors.ts'
import { chosenDistro, chosenEngine } from '../lib/settings.ts'
import { readDistro } from '../workspace/distro.ts'
import { type Image, lineage } from '../workspace/workspace.ts'
import { type MadeOf, readSeal } from './seal.ts'

/** What an image would be made of now. */
export function chosenMakings(): MadeOf {
  const distro = chosenDistro()
  return { distro, release: readDistro(distro).release, engine: chosenEngine() }
}

/**
 * The path of an image's `dist/`, proved to be as it was made. Throws UserError where it is not built, damaged, or made
 * of anything but `wanted`; `any` takes it whatever it was made of.
 */
export function distOf({ dir, name }: Image, wanted: MadeOf | 'any' = chosenMakings()): string {
  const dist = join(dir, 'dist')
  const { madeOf, image } = readSeal(dist)
  if (image !== name) throw new UserError(`${dist} holds the image ${image}: remove it and build ${name}`)
  if (wanted === 'any' || isSame(madeOf, wanted)) return dist
  throw new UserError(
    `${dist} was made of ${say(madeOf)}, and ${say(wanted)} is chosen: ` +
      `build it anew, 'npx turbo run build --filter=${name}', or choose with DISTRO and ENGINE what it was made of`,
  )
}

/** The layouts that hold an image's blobs, its own and then its parents', each proved as `distOf` does. */
export function layoutsOf(
  images: ReadonlyMap<string, Image>,
  image: Image,
  wanted: MadeOf | 'any' = chosenMakings(),
): string[] {
  return lineage(images, image).map(one => join(distOf(one, wanted), 'oci'))
}

const isSame = (a: MadeOf, b: MadeOf) =>
  a.distro === b.distro && a.release === b.release && a.engine === b.engine

const say = ({ distro, release, engine }: MadeOf) => `${distro} ${release} by ${engine}`
