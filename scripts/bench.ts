import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import { join } from 'node:path'
import { main } from './lib/cli.ts'
import { UserError } from './lib/errors.ts'
import { findBlob } from './lib/oci/blobs.ts'
import { readImage } from './lib/oci/layout.ts'
import { inRepo } from './lib/paths.ts'
import { layoutsOf } from './lib/plan.ts'
import { type Command, capture } from './lib/run.ts'
import { type EngineName, engines } from './lib/settings.ts'
import { findImage, type Image, readWorkspace } from './lib/workspace.ts'

const usage = `
Usage: npm run bench

Times a build with everything cached, and a cold build of minimal-base-glibc (parents built, engine running) against
its floor: dnf --installroot of the same packages, and tar and gzip of the same tree. Rounds alternate, so that a slow
moment of the machine hits all alike; medians and ratios are printed. Needs root, and the lab's images built.
`

const image = 'minimal-base-glibc'
const platform = 'linux/amd64'

const buildAll: Command = { argv: ['npx', 'turbo', 'run', 'build'], env: env(engines[0]) }

/** What was timed → seconds of each round. */
type Times = Record<string, number[]>
/** Engine → how its last cold build says that it spent its time. */
type Phases = Partial<Record<EngineName, string>>

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
  const floor = await prepareFloor(readWorkspace())
  const times: Times = {}
  const phases: Phases = {}
  try {
    for (let round = 0; round < rounds; round++) await measureRound(floor, times, phases)
  } finally {
    rmSync(floor.root, { recursive: true, force: true })
  }
  const result = report(times, phases, rounds)
  console.log(result)
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
  await time(floor.clean)
  note('all cached', await time(buildAll))
  // Both engines make the same bytes, so that each finds its parents here.
  for (const engine of engines) {
    const argv = ['node', '--import', 'tsx', 'scripts/build.ts', '--no-cache', image] as const
    const spent = await time({ argv: [...argv], env: env(engine) }, output => {
      phases[engine] = /\((parents .*)\)/.exec(output)?.[1] ?? ''
    })
    note(`cold glibc, ${engine}`, spent)
  }
}

function env(engine: EngineName): Record<string, string> {
  return { ENGINE: engine, DISTRO: 'lab', TURBO_TELEMETRY_DISABLED: '1' }
}

async function time(command: Command, look: (output: string) => void = () => {}): Promise<number> {
  const start = performance.now()
  const { exitCode, stdout, stderr } = await capture({ cwd: inRepo(), ...command })
  if (exitCode !== 0) throw new UserError(`${command.argv.join(' ')} failed:\n${stderr || stdout}`)
  const seconds = (performance.now() - start) / 1000
  look(stdout)
  return seconds
}

/** The least that a build has to do, done by hand. */
interface Floor {
  readonly root: string
  readonly install: Command
  readonly pack: Command
  readonly clean: Command
}

/** The builder's root unpacked, to run its dnf in, and the commands that do by hand what a build does at the least. */
async function prepareFloor(images: ReadonlyMap<string, Image>): Promise<Floor> {
  mkdirSync(inRepo('work'), { recursive: true })
  const root = mkdtempSync(inRepo('work', 'floor-'))
  await unpack(images, 'builder', root)
  await unpack(images, image, join(root, 'tree'))
  mkdirSync(join(root, 'floor'))
  const packages =
    'system-release setup filesystem basesystem tzdata ca-certificates amazon-linux-repo-cdn '.concat(
      'glibc-minimal-langpack glibc glibc-common libgcc libselinux libsepol libstdc++ pcre pcre2',
    )
  const dnf = `mount --bind /dev "$0/dev" && mount -t proc proc "$0/proc" && exec chroot "$0" dnf -q -y \
    --installroot=/floor --releasever=1 --setopt=reposdir=/etc/yum.repos.d --setopt=install_weak_deps=False install ${packages}`
  return {
    root,
    install: { argv: ['unshare', '--mount', 'sh', '-c', dnf, root] },
    pack: { argv: ['sh', '-c', 'tar -C "$0/tree" -cf - . | gzip -6 > "$0/tree.tar.gz"', root] },
    clean: { argv: ['sh', '-c', 'rm -rf "$0/floor" && mkdir "$0/floor"', root] },
  }
}

async function unpack(images: ReadonlyMap<string, Image>, name: string, folder: string): Promise<void> {
  const layouts = layoutsOf(images, findImage(images, name))
  mkdirSync(folder, { recursive: true })
  for (const layer of readImage(layouts, platform).manifest.layers) {
    await time({ argv: ['tar', '-C', folder, '-xf', findBlob(layouts, layer.digest)] })
  }
}

function report(times: Times, phases: Phases, rounds: number): string {
  const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1]!
  const floor = median(times['floor: dnf']!) + median(times['floor: tar and gzip']!)
  const rows = Object.entries(times).map(([what, values]) => {
    const ratio = what.startsWith('cold') ? `${(median(values) / floor).toFixed(2)} × floor` : ''
    const [middle, least, most] = [median(values), Math.min(...values), Math.max(...values)]
    return `| ${what} | ${middle.toFixed(2)} | ${least.toFixed(2)} | ${most.toFixed(2)} | ${ratio} |`
  })
  const model = /model name\s*: (.*)/.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? 'processor'
  const memory = Math.round(totalmem() / 2 ** 30)
  const spent = Object.entries(phases).map(([engine, phase]) => `- ${engine}: ${phase}`)
  return `${new Date().toISOString().slice(0, 10)}; ${cpus().length} × ${model}, ${memory} GiB, Linux ${release()}, Node ${process.versions.node}; ${rounds} rounds, seconds.

| what | median | min | max | ratio |
|---|---|---|---|---|
${rows.join('\n')}
| floor, both parts | ${floor.toFixed(2)} | | | |

Where the last cold build's time went; the rest is Node's start and asking the engine for its version:

${spent.join('\n')}
`
}
