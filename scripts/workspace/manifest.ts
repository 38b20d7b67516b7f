import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import * as v from 'valibot'
import { UserError } from '../lib/errors.ts'
import { readJson } from '../lib/json.ts'
import { amount, flag, listOf, mapOf, matching, oneOf, only, text } from '../lib/schema.ts'
import { distros } from '../lib/settings.ts'

const optional = v.exactOptional
const word = matching(/^\w[\w.-]*$/, 'a word of letters, digits, _ . and -')

const folderName = matching(/^[a-z0-9][\w.-]*$/, 'the name of a folder')

/** Anything else than "*" would let npm fetch a stranger's package of that name. */
const siblings = mapOf(folderName, v.literal('*', '"*", which is the folder of that name in this repository'))

/** What npm knows of any package, and we have no use for. */
const npmsOwn = {
  version: optional(text),
  private: optional(flag),
  type: optional(oneOf(['module', 'commonjs'])),
  description: optional(text),
  license: optional(text),
  author: optional(v.unknown()),
  repository: optional(v.unknown()),
  homepage: optional(text),
  keywords: optional(listOf(text)),
  scripts: optional(mapOf(text, text)),
}

const imageManifest = only({
  ...npmsOwn,
  name: folderName,
  dependencies: optional(siblings),
  devDependencies: optional(siblings),
  image: optional(
    only({
      internal: optional(flag),
      toolchain: optional(flag),
      first: optional(flag),
      prepare: optional(matching(/^(?!\/)(?!.*\.\.).+\.ts$/, "a TypeScript file in the image's folder")),
      provides: optional(
        mapOf(word, matching(/^(\/(?!\.\.?(\/|$))[\w.-]+)+$/, 'where it is mounted, an absolute path')),
      ),
      distros: optional(listOf(oneOf(distros))),
      args: optional(
        mapOf(
          matching(/^(?!SOURCE_DATE_EPOCH$)[A-Za-z_]\w*$/, 'the name of an ARG'),
          v.string('a text in quotes'),
        ),
      ),
      budget: optional(only({ bytes: optional(amount), packages: optional(amount) })),
      published: optional(
        only({
          repository: optional(
            matching(
              /^[a-z0-9]+([._/-]+[a-z0-9]+)*$/,
              'lower-case letters and digits with . _ - or / between',
            ),
          ),
          versionOf: optional(text),
          version: optional(matching(/^\d+(\.\d+)*$/, 'numbers with dots between, in quotes')),
          flavour: optional(oneOf(['yum', 'gcc'])),
        }),
      ),
    }),
  ),
})

const familyManifest = only({
  ...npmsOwn,
  name: folderName,
  family: optional(only({ parent: optional(word) })),
})

export type ImageManifest = v.InferOutput<typeof imageManifest>
export type FamilyManifest = v.InferOutput<typeof familyManifest>

/** The package.json of an image's folder. Throws UserError for what is not allowed in it. */
export function readImageManifest(dir: string): ImageManifest {
  const manifest = readJson(join(dir, 'package.json'), imageManifest)
  const { name, image = {} } = manifest
  const file = join(dir, 'package.json')
  if (name !== basename(dir)) {
    throw new UserError(`${file}: the name is ${name}; an image has the name of its folder, ${basename(dir)}`)
  }
  if (image.prepare && !existsSync(join(dir, image.prepare))) {
    throw new UserError(`${file}: image.prepare is ${image.prepare}, and there is no such file beside it`)
  }
  return manifest
}

/** The package.json of a family's folder. */
export function readFamilyManifest(dir: string): FamilyManifest {
  return readJson(join(dir, 'package.json'), familyManifest)
}
