import { UserError } from '../lib/errors.ts'
import { findImage, type Image } from './workspace.ts'

/** The images that `words` name, without words all that are published. Throws UserError for a tool of the workshop. */
export function publishedImages(
  images: ReadonlyMap<string, Image>,
  words: readonly string[] = [],
): readonly Image[] {
  if (words.length === 0) return [...images.values()].filter(({ internal }) => !internal)
  return words.map(word => {
    const image = findImage(images, word)
    if (!image.internal) return image
    throw new UserError(
      `${word} is a tool of the workshop, which is not published: nothing is kept of its packages`,
    )
  })
}
