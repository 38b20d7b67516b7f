import { basename } from 'node:path'
import { buildImage, dryRun } from './build/build-image.ts'
import { requireRunnable } from './build/emulation.ts'
import { engineOf } from './build/engines/index.ts'
import { main, print } from './lib/cli.ts'
import {
  chosenDistro,
  chosenEngine,
  chosenPlatforms,
  isNamedTwice,
  namedDistro,
  startedByTurbo,
  toolchainPlatform,
} from './lib/settings.ts'
import { readDistro } from './workspace/distro.ts'
import { namedImages } from './workspace/named-images.ts'
import { readWorkspace, whyNotMade } from './workspace/workspace.ts'

const usage = `
Usage: npx tsx scripts/build.ts [IMAGE…]

Builds images into their dist/ folders, on parents that are built already; without a name, the image whose folder
this is run in. 'npx turbo run build' builds parents first and skips what has not changed.

DISTRO, ENGINE and PLATFORMS choose what is built; unset, the choice of 'npm run setup' holds.
`

const options = {
  'dry-run': { type: 'boolean', help: 'print the exact commands and run none' },
  'no-cache': { type: 'boolean', help: 'run every step again, whatever the engine remembers' },
} as const

await main(usage, options, async ({ words, flags }) => {
  const why = startedByTurbo() && words.length === 0 && whyNotMade(basename(process.cwd()))
  if (why) return print(why)
  const images = readWorkspace()
  const engine = engineOf[chosenEngine()]
  const distro = readDistro(chosenDistro())
  const settings = {
    images,
    distro,
    engine,
    platforms: chosenPlatforms(),
    toolchain: toolchainPlatform(),
    noCache: flags['no-cache'] === true,
  }
  const named = namedImages(images, words, basename(process.cwd()))
  if (startedByTurbo() && isNamedTwice() && named.some(({ contexts }) => contexts.length === 0))
    print(
      `DISTRO=${namedDistro()} is what setup recorded: leave it out, and turbo finds what is built without it`,
    )
  if (flags['dry-run'])
    return print((await Promise.all(named.map(image => dryRun(image, settings)))).flat().join('\n'))
  if (engine.isLocal())
    for (const platform of [...settings.platforms, settings.toolchain]) requireRunnable(platform)
  await engine.probe()
  for (const image of named) await buildImage(image, settings)
})
