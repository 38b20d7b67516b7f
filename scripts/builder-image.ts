import { mkdirSync, writeFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { buildImage } from './build/build-image.ts'
import { engineOf } from './build/engines/index.ts'
import { lentBy } from './build/plan.ts'
import { main } from './lib/cli.ts'
import { parseDockerfile } from './lib/dockerfile.ts'
import { UserError } from './lib/errors.ts'
import { readText } from './lib/json.ts'
import { inRepo, repoRoot } from './lib/paths.ts'
import { chosenDistro, chosenEngine, chosenPlatforms, toolchainPlatform } from './lib/settings.ts'
import { readDistro } from './workspace/distro.ts'
import { namedImages } from './workspace/named-images.ts'
import { type Image, imageThatIs, lineage, readWorkspace } from './workspace/workspace.ts'

const usage = `
Usage: npx tsx scripts/builder-image.ts [IMAGE…]

Makes what is published as IMAGE-builder: the toolchain with that image as its /newroot, for Dockerfiles elsewhere. It
lies in work/builder-images/IMAGE/dist/. The image and the builder have to be built.
`

await main(usage, {}, async ({ words }) => {
  const images = readWorkspace()
  const toolchain = imageThatIs('toolchain', images)
  const engine = engineOf[chosenEngine()]
  await engine.probe()
  for (const image of namedImages(images, words, basename(process.cwd()))) {
    const builder = builderOf(image, toolchain)
    mkdirSync(builder.recipe, { recursive: true })
    writeFileSync(join(builder.recipe, 'Dockerfile'), recipeOf(image, toolchain, images))
    await buildImage(builder, {
      images,
      engine,
      distro: readDistro(chosenDistro()),
      platforms: chosenPlatforms(),
      toolchain: toolchainPlatform(),
      noCache: false,
    })
  }
})

/**
 * With a record of the image's files, by which the in-image commands see what a `COPY` downstream could not delete, and
 * with what the toolchain's steps have mounted here, after the last step: buildah empties the place of a mount.
 */
function recipeOf(image: Image, toolchain: Image, images: ReadonlyMap<string, Image>): string {
  const record = 'find /newroot -xdev ! -type d -print0 | LC_ALL=C sort -z > /usr/lib/newroot/base'
  const variables = Object.entries(handedOn(images, image)).map(
    ([variable, value]) => `ENV ${variable}=${JSON.stringify(value).replaceAll('$', '\\$')}\n`,
  )
  const lent = [...lentBy(images, toolchain)].map(([from, { place }]) => `COPY --from=${from} / ${place}/\n`)
  return `FROM ${toolchain.name}\n${variables.join('')}COPY --from=${image.name} / /newroot/\nRUN ${record}\n${lent.join('')}`
}

/** What the recipes of the image and of those it is made on say of its packages holds for what is made on it, too. */
function handedOn(images: ReadonlyMap<string, Image>, image: Image): Record<string, string> {
  const handed: Record<string, string> = {}
  for (const { recipe, args } of lineage(images, image).reverse()) {
    const { stages } = parseDockerfile(readText(join(recipe, 'Dockerfile'), 'it is a recipe'), args)
    for (const [variable, value] of stages.flatMap(({ environment }) => Object.entries(environment))) {
      if (!/_SCRIPTLET_REQS$|^CLEANUP_UNNECESSARY_FILES$/.test(variable)) continue
      if (value === undefined)
        throw new UserError(
          `${relative(repoRoot, recipe)}/Dockerfile: what ${variable} is depends on a variable whose value is not ` +
            'known here, and the builder hands it on: write it out',
        )
      const words = new Set([...(handed[variable] ?? '').split(/\s+/), ...value.split(/\s+/)])
      handed[variable] = [...words].filter(Boolean).join(' ')
    }
  }
  return handed
}

/** An image like any other, but with no folder under `images/`: it is the same for all of them. */
function builderOf({ name, published }: Image, toolchain: Image): Image {
  const dir = inRepo('work', 'builder-images', name)
  return {
    name: `${name}-builder`,
    dir,
    recipe: dir,
    parent: toolchain.name,
    contexts: [toolchain.name, name],
    args: {},
    internal: false,
    toolchain: false,
    first: false,
    provides: {},
    published: { ...published, repository: `${published.repository}-builder` },
  }
}
