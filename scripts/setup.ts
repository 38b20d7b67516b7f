import { main, print } from './lib/cli.ts'
import { UserError } from './lib/errors.ts'
import { engines, unattended } from './lib/settings.ts'
import { chooseDistro } from './setup/choose-distro.ts'
import { chooseEngine } from './setup/choose-engine.ts'
import { emulator } from './setup/emulator.ts'
import { stopPrivateDocker } from './setup/private-docker.ts'
import { recordChoice } from './setup/record.ts'
import { nodeVersion, printTable, type Row, tools } from './setup/report.ts'
import { testPrograms } from './setup/test-programs.ts'

const usage = `
Usage: npm run setup -- [--yes] [--engine NAME] [--distro NAME]

Finds out what this machine has, installs what is missing from Debian's or Ubuntu's packages, and writes down which
engine and which distro builds use. Safe to run again.
`

const options = {
  yes: { type: 'boolean', help: 'install without asking' },
  engine: { type: 'string', help: `${engines.join(', ')}, or all: have it here, and build with it` },
  distro: { type: 'string', help: 'al2023, al2 or lab: build from it, reachable or not' },
  stop: { type: 'boolean', help: 'end the Docker daemon that setup started, and do nothing else' },
} as const

await main(usage, options, async ({ flags, values, words }) => {
  if (words[0]) throw new UserError(`setup takes no word such as ${words[0]}: see --help`)
  if (flags.stop) return stopPrivateDocker()
  const leave = flags.yes ? 'yes' : unattended() ? 'no' : 'ask'
  const rows: Row[] = [nodeVersion(), ...(await tools(leave))]
  rows.push(await testPrograms(leave))
  const engine = await chooseEngine(values.engine, leave)
  const distro = await chooseDistro(values.distro)
  rows.push(...engine.rows, ...distro.rows, await emulator(leave))
  recordChoice({ distro: distro.chosen, engine: engine.chosen })
  printTable(rows)
  print(`\nBuilds use ${engine.chosen} and ${distro.chosen}: ${distro.why}.`)
  for (const sentence of distro.advice) print(`${sentence}.`)
})
