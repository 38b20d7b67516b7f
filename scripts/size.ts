import { existsSync } from 'node:fs'
import { main, print, printJson } from './lib/cli.ts'
import { UserError } from './lib/errors.ts'
import { chosenDistro, chosenPlatforms, oneOf, type Platform } from './lib/settings.ts'
import { buildImages } from './packages/build.ts'
import { ledgerFile, readLedger, writeLedger } from './packages/ledger.ts'
import { nvra } from './rpm/package.ts'
import { packageData } from './rpm/package-data.ts'
import { type Measured, measure, measures } from './size/measure.ts'
import { forPrograms, reportSizes } from './size/report.ts'
import { outputOf, platformFolder } from './workspace/outputs.ts'
import { publishedImages } from './workspace/published.ts'
import { readWorkspace } from './workspace/workspace.ts'

const usage = `
Usage: npm run size -- [IMAGE…] [--by layer|package|directory]

What each built image weighs: to download, which is its compressed layers, and installed; how that differs from the
sizes that are checked in, packages-lists/<distro>/linux_<arch>/sizes.json; and how much of its budget it takes, which
stands in its package.json as "image": { "budget": { "bytes": …, "packages": … } }.
`

const options = {
  by: { type: 'string', help: 'also what weighs most in each: layer, package or directory' },
  record: { type: 'boolean', help: 'build all images and write the sizes that are checked in' },
  json: { type: 'boolean', help: 'for programs: everything, in bytes' },
} as const

await main(usage, options, async ({ words, flags, values }) => {
  const by = values.by === undefined ? undefined : oneOf('--by', values.by, measures)
  const images = readWorkspace()
  if (flags.record && words.length > 0)
    throw new UserError('--record writes the sizes of all images: name none')
  if (flags.record) await buildImages(publishedImages(images))
  for (const platform of chosenPlatforms()) {
    const isBuilt = (dir: string) => existsSync(packageData(outputOf(dir, platform)))
    const wanted = publishedImages(images, words).filter(({ dir }) => words.length > 0 || isBuilt(dir))
    if (wanted.length === 0)
      throw new UserError(`no image is built for ${platform}: run 'npx turbo run build' first`)
    const measured = wanted.map(image => measure(images, image, platform))
    if (flags.record) record(measured, platform)
    else if (flags.json) printJson(measured.map(forPrograms), 2)
    else {
      const ledger = readLedger(chosenDistro(), platformFolder(platform))
      print(reportSizes(`${chosenDistro()} ${platform}`, measured, ledger, by))
    }
  }
})

function record(measured: readonly Measured[], platform: Platform): void {
  const [distro, folder] = [chosenDistro(), platformFolder(platform)]
  const all = measured.flatMap(({ packages }) => packages)
  writeLedger(distro, folder, {
    images: Object.fromEntries(
      measured.map(({ image, download, installed }) => [image.name, { download, installed }]),
    ),
    packages: Object.fromEntries(all.map(one => [nvra(one), one.size])),
  })
  print(`${ledgerFile(distro, folder)} has the sizes of ${measured.length} images`)
}
