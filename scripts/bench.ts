import { rmSync, writeFileSync } from 'node:fs'
import { type Floor, prepareFloor } from './bench/floor.ts'
import { type ColdBuild, type Phases, report, type Times } from './bench/report.ts'
import { time } from './bench/time.ts'
import { emulatorOf } from './build/emulation.ts'
import { main, print } from './lib/cli.ts'
import { UserError } from './lib/errors.ts'
import { installed } from './lib/installed.ts'
import { inRepo } from './lib/paths.ts'
import type { Command } from './lib/run.ts'
import { choiceForTurbo, chosenEngine, foreignPlatform, nativePlatform, platforms } from './lib/settings.ts'
import { readWorkspace } from './workspace/workspace.ts'

const usage = `
Usage: npm run bench

Times a build with everything cached, and two things against their floor: a cold build of minimal-base-glibc (parents
built, engine running) against dnf --installroot of the same packages, and tar and gzip of the same tree; install_rpm of
iptables' packages against rpm -U of the same files, and one load of the metadata. Where the other platform's programs can
run, it is built for that, too: by this machine's toolchain, and by one that is emulated as a whole. Rounds alternate, so that
a slow moment of the machine hits all alike; medians and ratios are printed. On the chosen engine and the lab; needs root.
`

const image = 'minimal-base-glibc'

const engine = chosenEngine()
const env = { ...choiceForTurbo({ distro: 'lab', engine }), TURBO_TELEMETRY_DISABLED: '1' }

const foreign = { PLATFORMS: foreignPlatform }
/** The cold builds of a round; the last leaves what others expect to be built. */
const cold: readonly (readonly [what: ColdBuild, env: Readonly<Record<string, string>>])[] = [
  ...(emulatorOf(foreignPlatform)
    ? ([
        ['cold glibc, the other platform', foreign],
        ['cold glibc, the other platform, all emulated', { ...foreign, TOOLCHAIN_PLATFORM: foreignPlatform }],
      ] as const)
    : []),
  ['cold glibc', { PLATFORMS: nativePlatform }],
]

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
  if (cold.length > 1) {
    const both = { ...env, PLATFORMS: platforms.join(',') }
    await time({ argv: [installed('turbo'), 'run', 'build', `--filter=${image}`], env: both })
  }
  const floor = await prepareFloor(readWorkspace(), image)
  const times: Times = {}
  const phases: Phases = {}
  try {
    for (let round = 0; round < rounds; round++) await measureRound(floor, times, phases)
  } finally {
    rmSync(floor.root, { recursive: true, force: true })
  }
  const result = report(engine, times, phases, rounds)
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
  // The builds of the round before have left their own in place of what turbo knows.
  await time(buildAll)
  note('all cached', await time(buildAll))
  for (const [what, platform] of cold) {
    const argv = ['node', '--import', 'tsx', 'scripts/build.ts', '--no-cache', image] as const
    const spent = await time({ argv: [...argv], env: { ...env, ...platform } }, output => {
      phases[what] = /\((parents .*)\)/.exec(output)?.[1] ?? ''
    })
    note(what, spent)
  }
}
