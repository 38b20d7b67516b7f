import { rmSync, writeFileSync } from 'node:fs'
import { type Floor, prepareFloor } from './bench/floor.ts'
import { type Phases, report, type Times } from './bench/report.ts'
import { time } from './bench/time.ts'
import { main, print } from './lib/cli.ts'
import { UserError } from './lib/errors.ts'
import { installed } from './lib/installed.ts'
import { inRepo } from './lib/paths.ts'
import type { Command } from './lib/run.ts'
import { choiceForTurbo, chosenEngine } from './lib/settings.ts'
import { readWorkspace } from './workspace/workspace.ts'

const usage = `
Usage: npm run bench

Times a build with everything cached, and two things against their floor: a cold build of minimal-base-glibc (parents
built, engine running) against dnf --installroot of the same packages, and tar and gzip of the same tree; install_rpm of
iptables' packages against rpm -U of the same files, and one load of the metadata. Rounds alternate, so that a slow moment
of the machine hits all alike; medians and ratios are printed. On the chosen engine and the lab; needs root.
`

const image = 'minimal-base-glibc'

const engine = chosenEngine()
const env = { ...choiceForTurbo({ distro: 'lab', engine }), TURBO_TELEMETRY_DISABLED: '1' }

const buildAll: Command = { argv: [installed('turbo'), 'run', 'build'], env }

const options = {
  rounds: { type: 'string', help: 'how many rounds; 5 if left out' },
  write: { type: 'boolean', help: 'put the result into docs/benchmarks.md' },
} as const

await main(usage, options, async ({ values, flags }) => {
  const rounds = Number(values.rounds ?? 5)
  if (!Number.isInteger(rounds) || rounds < 1) {
    throw new UserError(`--rounds=${values.rounds}: use a whole number from 1`)
  }
  await time(buildAll)
  const floor = await prepareFloor(readWorkspace(), image)
  const times: Times = {}
  const phases: Phases = {}
  try {
    for (let round = 0; round < rounds; round++) await measureRound(floor, times, phases)
  } finally {
    rmSync(floor.root, { recursive: true, force: true })
  }
  const result = report(times, phases, rounds)
  print(result)
  if (flags.write)
    writeFileSync(
      inRepo('docs', 'benchmarks.md'),
      `# Benchmarks\n\nThe last run of \`npm run bench\`.\n\n${result}`,
    )
})

async function measureRound(floor: Floor, times: Times, phases: Phases): Promise<void> {
  const note = (what: string, seconds: number) => {
    times[what] = [...(times[what] ?? []), seconds]
  }
  note('floor: dnf', await time(floor.install))
  note('floor: tar and gzip', await time(floor.pack))
  note('install_rpm of iptables', await time(floor.installRpm))
  await time(floor.fresh)
  note('floor: rpm -U of the same', await time(floor.rpm))
  await time(floor.fresh)
  note('floor: metadata', await time(floor.metadata))
  await time(floor.clean)
  note('all cached', await time(buildAll))
  const argv = ['node', '--import', 'tsx', 'scripts/build.ts', '--no-cache', image] as const
  const spent = await time({ argv: [...argv], env }, output => {
    phases[engine] = /\((parents .*)\)/.exec(output)?.[1] ?? ''
  })
  note(`cold glibc, ${engine}`, spent)
}
