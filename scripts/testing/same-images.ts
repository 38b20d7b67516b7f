import { readFileSync } from 'node:fs'
import { createPatch } from 'diff'
import { layoutsOf } from '../build/dist.ts'
import type { Platform } from '../lib/settings.ts'
import { filesList } from '../oci/file-list.ts'
import { readImage } from '../oci/layout.ts'
import { outputOf } from '../workspace/outputs.ts'
import { findImage, type Image } from '../workspace/workspace.ts'

/** What is compared of an image: the digest of its manifest, and the list of its files, which says where two differ. */
export interface Made {
  readonly digest: string
  readonly files: string
}

/** What is built now of the named images for a platform, by whichever engine. Throws UserError when one is not built or damaged. */
export function made(
  images: ReadonlyMap<string, Image>,
  names: readonly string[],
  platform: Platform,
): Map<string, Made> {
  return new Map(
    names.map(name => {
      const image = findImage(images, name)
      return [
        name,
        {
          digest: readImage(layoutsOf(images, image, platform, 'any'), platform).digest,
          files: readFileSync(filesList(outputOf(image.dir, platform)), 'utf8'),
        },
      ]
    }),
  )
}

/** One text for each image that was made otherwise the second time: its digests, and which files differ. */
export function madeOtherwise(first: ReadonlyMap<string, Made>, second: ReadonlyMap<string, Made>): string[] {
  return [...second].flatMap(([name, { digest, files }]) => {
    const before = first.get(name)
    if (!before) return [`${name}: made only the second time`]
    if (before.digest === digest) return []
    const patch = createPatch(name, before.files, files, 'first', 'second', { context: 0 })
    return [`${name}: first ${before.digest}, then ${digest}\n${patch.split('\n').slice(0, 20).join('\n')}`]
  })
}
