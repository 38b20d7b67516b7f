import { mkdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { buildImage } from './lib/build-image.ts'
import { main } from './lib/cli.ts'
import { readDistro } from './lib/distro.ts'
import { engineOf } from './lib/engines/index.ts'
import { namedImages } from './lib/named-images.ts'
import { inRepo } from './lib/paths.ts'
import { chosenDistro, chosenEngine, chosenPlatforms } from './lib/settings.ts'
import { type Image, readWorkspace } from './lib/workspace.ts'

const usage = `
Usage: npx tsx scripts/builder-image.ts [IMAGE…]

Makes what is published as IMAGE-builder: the toolchain with that image as its /newroot, for Dockerfiles elsewhere. It
lies in work/builder-images/IMAGE/dist/. The image and the builder have to be built.
`

await main(usage, {}, async ({ words }) => {
  const images = readWorkspace()
  const engine = engineOf[chosenEngine()]
  await engine.probe()
  for (const image of namedImages(images, words, basename(process.cwd()))) {
    const builder = builderOf(image)
    mkdirSync(builder.recipe, { recursive: true })
    writeFileSync(join(builder.recipe, 'Dockerfile'), `FROM builder\nCOPY --from=${image.name} / /newroot/\n`)
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
function builderOf({ name }: Image): Image {
  const dir = inRepo('work', 'builder-images', name)
  const contexts = ['builder', name]
  return { name: `${name}-builder`, dir, recipe: dir, parent: 'builder', contexts, args: {}, internal: false }
}
