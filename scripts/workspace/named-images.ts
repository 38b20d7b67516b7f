import { UserError } from '../lib/errors.ts'
import { findImage, type Image, whyNotMade } from './workspace.ts'

/** The images that `words` name; without words, the one whose folder is `folder`. */
export function namedImages(
  images: ReadonlyMap<string, Image>,
  words: readonly string[],
  folder: string,
): readonly Image[] {
  if (words.length > 0) return words.map(word => findImage(images, word))
  const here = images.get(folder)
  if (here) return [here]
  const why = whyNotMade(folder)
  if (why) throw new UserError(why)
  throw new UserError(
    `name an image, or run this in an image's folder; there are ${[...images.keys()].join(', ')}`,
  )
}
