import { main, print } from './lib/cli.ts'
import { UserError } from './lib/errors.ts'
import { inRepo } from './lib/paths.ts'
import { distros, oneOf } from './lib/settings.ts'
import { describePin, describeReleases } from './pin/describe.ts'
import { movePin } from './pin/move.ts'
import { readDistro } from './workspace/distro.ts'

const usage = `
Usage: npm run pin -- DISTRO [RELEASE]

Without RELEASE, shows which one is pinned and what releases there are. With RELEASE, moves release, image and digest
together in images/distro/DISTRO.yaml, once the registry has shown the image and the repositories theirs.
`

await main(usage, {}, async ({ words: [word, release, ...others] }) => {
  if (!word || others.length > 0) throw new UserError('name one distro, and one release or none: see --help')
  const name = oneOf('DISTRO', word, distros)
  const distro = readDistro(name)
  if (!release) {
    for (const line of await describePin(distro)) print(line)
    for (const line of await describeReleases(distro)) print(line)
    return print(`'npm run pin -- ${name} RELEASE' moves the pin`)
  }
  const changes = await movePin(distro, inRepo('images', 'distro', `${name}.yaml`), release)
  if (changes.length === 0) return print(`${name} is pinned to that already`)
  print(`images/distro/${name}.yaml:\n${changes.join('\n')}`)
  print(`'DISTRO=${name} npx turbo run build' builds from it`)
})
