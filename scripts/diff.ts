import { difference } from './diff/group.ts'
import { readSide } from './diff/read-side.ts'
import { renderMarkdown, renderText } from './diff/render.ts'
import { type Contents, pairUp, type Side } from './diff/side.ts'
import { main, print, printJson } from './lib/cli.ts'
import { UserError } from './lib/errors.ts'

const usage = `
Usage: npm run diff -- A [B]

Says what changed from A to B: packages, files that came and went, privileges, programs, configuration, sizes. Images
with the same change are told together. A and B are each one of

  IMAGE                  an image, as it is built here
  HOST/REPOSITORY:TAG    an image in a registry
  PATH                   every image that is built in a checkout of this repository; '.' is this one
  REVISION               a git revision: the package lists that are checked in there, and their sizes

Without B, A is compared with what is built here. A single image is compared with the one of its name in the other.
`

const options = {
  json: { type: 'boolean', help: 'for programs: everything, nothing folded' },
  markdown: { type: 'boolean', help: 'for a pull request' },
} as const

await main(usage, options, async ({ words: [a, b = '.', ...more], flags }) => {
  if (a === undefined || more.length > 0)
    throw new UserError(`name two things to compare; see 'npm run diff -- --help'`)
  if (flags.json && flags.markdown) throw new UserError('--json or --markdown, not both')
  const [before, after] = [await readSide(a), await readSide(b)]
  const pairing = pairUp(before, after)
  if (pairing.pairs.length === 0) {
    throw new UserError(
      `there is no image in both: ${describe(before)}, ${describe(after)}; name two images to compare them with each other`,
    )
  }
  const found = difference(a, b, pairing)
  if (flags.json) printJson(found, 2)
  else print(flags.markdown ? renderMarkdown(found) : renderText(found))
})

function describe({ name, single, images }: Side): string {
  const places = [...new Set(images.map(({ where }) => where))].join(', ')
  const [{ image }] = images as [Contents]
  if (single) return image === name ? `${name} for ${places}` : `${name} is ${image} for ${places}`
  return `${name} has ${images.length} images for ${places}`
}
