import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { main, print } from './lib/cli.ts'
import { UserError } from './lib/errors.ts'
import { inRepo } from './lib/paths.ts'
import { printable, printableJson } from './lib/printable.ts'
import { chosenDistro, chosenPlatforms, type Platform } from './lib/settings.ts'
import { explain, type Level } from './why/explain.ts'
import { findOwners, findPackages } from './why/find.ts'
import { readLevels } from './why/levels.ts'
import { type Question, toJson, toText } from './why/report.ts'
import { findImage, readWorkspace } from './workspace/workspace.ts'

const usage = `
Usage: npm run why -- IMAGE PACKAGE|FILE…

Why a package or file is in a built image: which line of which recipe asked for it, or for what requires it; what it
weighs; who needs it; what else would go if it went. PACKAGE is a name, a NEVRA or a library; FILE an absolute path.
`

const options = { json: { type: 'boolean', help: 'as one JSON object an answer, one a line' } } as const

await main(usage, options, async ({ words, flags }) => {
  const [name, ...asked] = words
  if (!name || asked.length === 0)
    throw new UserError('name an image, and packages or files of it: see --help')
  const images = readWorkspace()
  const image = findImage(images, name)
  if (image.internal) throw new UserError(`${name} is a tool of the workshop: no package data is kept of it`)
  for (const platform of chosenPlatforms()) {
    const levels = await readLevels(images, image, platform, chosenDistro())
    for (const word of asked) {
      const answers = answer(levels, { image: name, platform, word }, flags.json === true)
      print(answers.join(flags.json ? '\n' : '\n\n'))
    }
  }
})

function answer(levels: readonly Level[], question: Question, json: boolean): string[] {
  const [image] = levels as [Level]
  const { word } = question
  const found = word.startsWith('/') ? findOwners(image, word) : findPackages(image, word)
  if (found.length === 0)
    return [json ? printableJson(orphan(levels, question)) : orphanText(levels, question)]
  return found.map(one => {
    const explanation = explain(levels, one)
    return json ? printableJson(toJson(question, explanation)) : toText(question, explanation)
  })
}

/** A file of no package: the image that first has it, and the lines of its recipe that name it. */
function orphan(
  levels: readonly Level[],
  { image, platform, word }: Question & { platform: Platform | string },
) {
  const origin = levels.findLast(({ files }) => files.has(word)) ?? levels[0]!
  const lines = readFileSync(inRepo(origin.recipe), 'utf8').split('\n')
  const name = basename(word).replace(/[.+^${}()|[\]\\*?]/g, '\\$&')
  const needle = new RegExp(`(?<![\\w.-])${name}(?![\\w-])`)
  const named = lines.flatMap((text, index) =>
    needle.test(text) && !/^\s*#/.test(text) ? [{ line: index + 1, text: text.trim() }] : [],
  )
  return { image, platform, file: word, package: null, origin: origin.image, recipe: origin.recipe, named }
}

function orphanText(levels: readonly Level[], question: Question): string {
  const { image, platform, file, origin, recipe, named } = orphan(levels, question)
  const lines = named.map(({ line, text }) => `  ${recipe}:${line} ${text}`)
  return [
    `${file} is in ${image} ${platform}${origin === image ? '' : ` from ${origin}`}, and no package has it:`,
    ...(lines.length > 0 ? lines : [`  a scriptlet made it, or a step of ${recipe} that does not name it`]),
  ]
    .map(printable)
    .join('\n')
}
