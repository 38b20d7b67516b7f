import { UserError } from '../lib/errors.ts'
import { chosenDistro, chosenEngine, type Platform } from '../lib/settings.ts'
import { readDistro } from '../workspace/distro.ts'
import { layoutIn, outputOf } from '../workspace/outputs.ts'
import { type Image, lineage } from '../workspace/workspace.ts'
import { type MadeOf, readSeal } from './seal.ts'

/** What an image would be made of now. */
export function chosenMakings(): MadeOf {
  const distro = chosenDistro()
  return { distro, release: readDistro(distro).release, engine: chosenEngine() }
}

/**
 * The folder of what was built of an image for a platform, proved to be as it was made. Throws UserError where it is not
 * built, damaged, or made of anything but `wanted`; `any` takes it whatever it was made of.
 */
export function builtOf(
  { dir, name }: Image,
  platform: Platform,
  wanted: MadeOf | 'any' = chosenMakings(),
): string {
  const output = outputOf(dir, platform)
  const { madeOf, image, platform: made } = readSeal(output)
  if (image !== name || made !== platform)
    throw new UserError(`${output} holds the image ${image} for ${made}: remove it and build ${name}`)
  if (wanted === 'any' || isSame(madeOf, wanted)) return output
  throw new UserError(
    `${output} was made of ${say(madeOf)}, and ${say(wanted)} is chosen: ` +
      `build it anew, 'npx turbo run build --filter=${name}', or choose with DISTRO and ENGINE what it was made of`,
  )
}

/** The layouts that hold an image's blobs, its own and then its parents', each proved as `builtOf` does. */
export function layoutsOf(
  images: ReadonlyMap<string, Image>,
  image: Image,
  platform: Platform,
  wanted: MadeOf | 'any' = chosenMakings(),
): string[] {
  return lineage(images, image).map(one => layoutIn(builtOf(one, platform, wanted)))
}

const isSame = (a: MadeOf, b: MadeOf) =>
  a.distro === b.distro && a.release === b.release && a.engine === b.engine

const say = ({ distro, release, engine }: MadeOf) => `${distro} ${release} by ${engine}`
