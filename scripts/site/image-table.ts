import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Dockerfile, parseDockerfile } from '../lib/dockerfile.ts'
import { expand } from '../lib/dockerfile-instruction.ts'
import { UserError } from '../lib/errors.ts'
import { findImage, type Image } from '../workspace/workspace.ts'

/** The rows of README's table of images, parents first: what package.json and Dockerfile say, said once more. */
export function imageTable(images: ReadonlyMap<string, Image>, provedOn: (image: Image) => string): string {
  const published = [...images.values()].filter(({ internal }) => !internal)
  const rows = published
    .sort(
      (a, b) => depth(images, a) - depth(images, b) || a.name.localeCompare(b.name, 'en', { numeric: true }),
    )
    .map(image => [
      `\`${image.name}\``,
      image.parent ? `\`${image.parent}\`` : '',
      purposeOf(image),
      userOf(images, image),
      `\`${referenceOf(image)}\``,
      provedOn(image),
    ])
  return table([['image', 'made on', 'what it is for', 'user', 'published as', 'proved on'], ...rows])
}

const depth = (images: ReadonlyMap<string, Image>, { parent }: Image): number =>
  parent ? 1 + depth(images, findImage(images, parent)) : 0

/** `description` of the package.json, else the first sentence of the Dockerfile. */
function purposeOf(image: Image): string {
  const purpose = image.description ?? /^(.+?)[.:](?: |$)/.exec(dockerfileOf(image).intro)?.[1]
  if (purpose) return purpose
  throw new UserError(
    `images/${image.name}/Dockerfile does not begin with a comment that says what the image is for`,
  )
}

/** The user that the last stage ends with, or what it starts from; else the parent's. */
function userOf(images: ReadonlyMap<string, Image>, image: Image): string {
  for (let stage = dockerfileOf(image).stages.at(-1); stage; stage = stage.on) {
    const last = stage.instructions.findLast(({ keyword }) => keyword === 'USER')
    if (!last) continue
    const written = last.body.text.trim()
    const user = expand(written, last.variables) ?? written
    return /^(0|root)(:|$)/.test(user) ? 'root' : user
  }
  return image.parent ? userOf(images, findImage(images, image.parent)) : 'root'
}

function dockerfileOf({ recipe, args }: Image): Dockerfile {
  const file = join(recipe, 'Dockerfile')
  return parseDockerfile(existsSync(file) ? readFileSync(file, 'utf8') : '', args)
}

/** Repository and the tag that moves; a language's version is its package's where the name has none. */
function referenceOf({ published: { repository, versionOf, version, flavour } }: Image): string {
  const parts = [version ?? (versionOf && 'VERSION'), flavour].filter(Boolean)
  if (parts.length === 0) return `${repository}:latest`
  return `${repository}:${parts.join('-')}${versionOf ? '' : '-latest'}`
}

function table([head, ...rows]: string[][]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`
  return [head!, head!.map(() => '---'), ...rows].map(line).join('')
}
