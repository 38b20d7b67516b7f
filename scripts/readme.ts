import { readFileSync } from 'node:fs'
import { main } from './lib/cli.ts'
import { UserError } from './lib/errors.ts'
import { inRepo } from './lib/paths.ts'
import { readScenes } from './replay/scenes.ts'
import { imageTable } from './site/image-table.ts'
import { keepText } from './site/keep-text.ts'
import { distrosOf, type Image, readWorkspace } from './workspace/workspace.ts'

const usage = `
Usage: npm run readme -- [--check]

Writes the README's table of images anew, from the images' own package.json and Dockerfile.
`

const marks = /(<!-- images: npm run readme -->\n)[\s\S]*?(\n<!-- end -->)/

await main(
  usage,
  { check: { type: 'boolean', help: 'write nothing, fail where it would' } },
  async ({ flags }) => {
    const readme = readFileSync(inRepo('README.md'), 'utf8')
    if (!marks.test(readme)) throw new UserError('README.md has lost the marks around its table of images')
    const images = readWorkspace(undefined, 'any')
    const { scenes } = readScenes()
    const provedOn = (image: Image) =>
      [distrosOf(images, image).includes('lab') && 'lab', scenes[image.name] && 'replay']
        .filter(Boolean)
        .join(', ') || 'nothing yet'
    const text = readme.replace(marks, (_, begin, end) => `${begin}\n${imageTable(images, provedOn)}${end}`)
    keepText(inRepo('README.md'), text, flags.check === true, 'npm run readme')
  },
)
