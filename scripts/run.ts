import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { main } from './lib/cli.ts'
import { engineOf } from './lib/engines/index.ts'
import { UserError } from './lib/errors.ts'
import { assembleLayout } from './lib/oci/layout.ts'
import { layoutsOf } from './lib/plan.ts'
import { chosenEngine, chosenPlatforms } from './lib/settings.ts'
import { findImage, readWorkspace } from './lib/workspace.ts'

const usage = `
Usage: npx tsx scripts/run.ts IMAGE -- COMMAND [ARGUMENT…]

Runs a command inside a built image, without a network, and leaves with its exit code.
`

const options = {
  user: { type: 'string', help: 'as this user instead of the image’s own' },
  add: { type: 'string', help: 'FILE:PATH, a file of this machine to be seen at PATH in the image' },
} as const

await main(usage, options, async ({ words, values }) => {
  const [name, ...argv] = words
  if (!name || argv.length === 0) throw new UserError('name an image and a command: see --help')
  const images = readWorkspace()
  const layout = mkdtempSync(join(tmpdir(), 'eks-distro-base-'))
  try {
    assembleLayout(layoutsOf(images, findImage(images, name)), chosenPlatforms()[0]!, join(layout, 'oci'))
    const [file, path] = values.add?.split(':') ?? []
    const result = await engineOf[chosenEngine()].run(join(layout, 'oci'), {
      argv,
      ...(values.user && { user: values.user }),
      ...(file && path && { add: { [path]: file } }),
    })
    process.stdout.write(result.stdout && `${result.stdout}\n`)
    process.stderr.write(result.stderr && `${result.stderr}\n`)
    process.exitCode = result.exitCode
  } finally {
    rmSync(layout, { recursive: true, force: true })
  }
})
