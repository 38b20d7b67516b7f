import { join, resolve } from 'node:path'
import { layoutsOf } from './build/dist.ts'
import { engineOf } from './build/engines/index.ts'
import { attach } from './image/attach.ts'
import { main } from './lib/cli.ts'
import { UserError } from './lib/errors.ts'
import { chosenEngine, chosenPlatforms } from './lib/settings.ts'
import { temporaryFolder } from './lib/temporary-folder.ts'
import { assembleLayout } from './oci/layout.ts'
import { findImage, readWorkspace } from './workspace/workspace.ts'

const usage = `
Usage: npx tsx scripts/run.ts IMAGE -- COMMAND [ARGUMENT…]

Runs a command inside a built image, without a network, on our stdin, stdout and stderr, and leaves with its exit code.
Nothing of it stays behind.
`

const options = {
  user: { type: 'string', help: 'as this user instead of the image’s own' },
  tty: { type: 'boolean', help: 'at a terminal of its own, for a shell' },
  add: { type: 'string', help: 'FILE:PATH, a file of this machine to be seen at PATH in the image' },
} as const

await main(usage, options, async ({ words, flags, values }) => {
  const [name, ...argv] = words
  if (!name || argv.length === 0) throw new UserError('name an image and a command: see --help')
  const images = readWorkspace()
  const platform = chosenPlatforms()[0]!
  const layouts = layoutsOf(images, findImage(images, name), platform)
  const request = {
    argv,
    stdin: flags.tty ? 'tty' : 'pipe',
    ...(values.user && { user: values.user }),
    ...(values.add && { add: parseAdd(values.add) }),
  } as const
  const open = () => {
    const layout = join(temporaryFolder(), 'oci')
    assembleLayout(layouts, platform, layout)
    return engineOf[chosenEngine()].open(layout, platform, request)
  }
  process.exitCode = await attach(open, flags.tty === true)
})

function parseAdd(value: string): Record<string, string> {
  const [file, path, ...rest] = value.split(':')
  if (file && path?.startsWith('/') && rest.length === 0) return { [path]: resolve(file) }
  throw new UserError(`--add=${value}: write it as FILE:PATH, PATH absolute in the image`)
}
