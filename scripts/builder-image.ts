import { mkdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { buildImage } from './build/build-image.ts'
import { engineOf } from './build/engines/index.ts'
import { main } from './lib/cli.ts'
import { inRepo } from './lib/paths.ts'
import { chosenDistro, chosenEngine, chosenPlatforms } from './lib/settings.ts'
import { readDistro } from './workspace/distro.ts'
import { namedImages } from './workspace/named-images.ts'
import { type Image, imageThatIs, readWorkspace } from './workspace/workspace.ts'

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
    const dockerfile = `FROM ${toolchain.name}\nCOPY --from=${image.name} / /newroot/\n`
    writeFileSync(join(builder.recipe, 'Dockerfile'), dockerfile)
    await buildImage(builder, {
      images,
      engine,
      distro: readDistro(chosenDistro()),
      platforms: chosenPlatforms(),
      noCache: false,
    })
  }
})

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
    provides: [],
    published: { ...published, repository: `${published.repository}-builder` },
  }
}
