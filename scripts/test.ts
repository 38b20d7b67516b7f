import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { execa } from 'execa'
import { main, print } from './lib/cli.ts'
import { UserError } from './lib/errors.ts'
import { inRepo } from './lib/paths.ts'
import { chosenPlatforms, startedByTurbo } from './lib/settings.ts'
import { namedImages } from './workspace/named-images.ts'
import { readWorkspace, whyNotMade } from './workspace/workspace.ts'

const usage = `
Usage: npx tsx scripts/test.ts [IMAGE…]

Tests built images: the checks that hold for all of them, and what an image's own test.ts says. Without a name, the
image whose folder this is run in.
`

await main(usage, {}, async ({ words }) => {
  const why = startedByTurbo() && words.length === 0 && whyNotMade(basename(process.cwd()))
  if (why) return print(why)
  const images = namedImages(readWorkspace(), words, basename(process.cwd()))
  for (const image of images) {
    const own = join(image.recipe, 'test.ts')
    const file = existsSync(own) ? own : inRepo('scripts', 'testing', 'common.ts')
    for (const platform of chosenPlatforms()) {
      const { exitCode } = await execa(
        process.execPath,
        ['--import', 'tsx', '--test', '--test-reporter=spec', file],
        { stdio: 'inherit', reject: false, env: { TESTED_IMAGE: image.name, TESTED_PLATFORM: platform } },
      )
      if (exitCode !== 0)
        throw new UserError(`the tests of ${image.name} for ${platform} fail; the lines above say which`)
    }
  }
})
