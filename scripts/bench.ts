import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import { join } from 'node:path'
import { main } from './lib/cli.ts'
import { UserError } from './lib/errors.ts'
import { findBlob } from './lib/oci/blobs.ts'
import { readImage } from './lib/oci/layout.ts'
import { inRepo } from './lib/paths.ts'
import { layoutsOf } from './lib/plan.ts'
import { type Command, capture } from './lib/run.ts'
import { engines } from './lib/settings.ts'
import { findImage, type Image, readWorkspace } from './lib/workspace.ts'

const usage = `
Usage: npm run bench

Times a build with everything cached, and a cold build of minimal-base-glibc (parents built, engine running) against
its floor: dnf --installroot of the same packages, and tar and gzip of the same tree. Rounds alternate, so that a slow
moment of the machine hits all alike; medians and ratios are printed. Needs root, and the lab's images built.
`

const image = 'minimal-base-glibc'
const platform = 'linux/amd64'

await main(
  usage,
  { rounds: { type: 'string', help: 'how many rounds; 5 if left out' } },
  async ({ values }) => {
    const rounds = Number(values.rounds ?? 5)
    if (!Number.isInteger(rounds) || rounds < 1)
      throw new UserError(`--rounds=${values.rounds}: use a whole number from 1`)
    const builds = Object.fromEntries(
      engines.map(engine => [engine, ['node', '--import', 'tsx', 'scripts/build.ts', '--no-cache', image]]),
    )
    for (const engine of engines) await time({ argv: ['npx', 'turbo', 'run', 'build'], env: env(engine) })
    const floor = await prepareFloor(readWorkspace())
    const times: Record<string, number[]> = {}
    const phases: Record<string, string> = {}
    try {
      for (let round = 0; round < rounds; round++) {
        const note = (what: string, seconds: number) => {
          times[what] = [...(times[what] ?? []), seconds]
        }
        note('floor: dnf', await time(floor.install))
        note('floor: tar and gzip', await time(floor.pack))
        await capture(floor.clean)
        for (const engine of engines) {
          note(`cached, ${engine}`, await time({ argv: ['npx', 'turbo', 'run', 'build'], env: env(engine) }))
          const [program, ...args] = builds[engine]!
          const command: Command = { argv: [program!, ...args], env: env(engine) }
          note(
            `cold glibc, ${engine}`,
            await time(command, output => (phases[engine] = /\((parents .*)\)/.exec(output)?.[1] ?? '')),
          )
          // The outputs are the engine's, as turbo left them.
          await time({ argv: ['npx', 'turbo', 'run', 'build'], env: env(engine) })
        }
      }
    } finally {
      rmSync(floor.root, { recursive: true, force: true })
    }
    report(times, phases, rounds)
  },
)

function env(engine: string) {
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

/** The builder's root unpacked, to run its dnf in, and the commands that do by hand what a build does at the least. */
async function prepareFloor(images: ReadonlyMap<string, Image>) {
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
    install: { argv: ['unshare', '--mount', 'sh', '-c', dnf, root] } as Command,
    pack: { argv: ['sh', '-c', 'tar -C "$0/tree" -cf - . | gzip -6 > "$0/tree.tar.gz"', root] } as Command,
    clean: { argv: ['sh', '-c', 'rm -rf "$0/floor" && mkdir "$0/floor"', root] } as Command,
  }
}

async function unpack(images: ReadonlyMap<string, Image>, name: string, folder: string): Promise<void> {
  const layouts = layoutsOf(images, findImage(images, name))
  mkdirSync(folder, { recursive: true })
  for (const layer of readImage(layouts, platform).manifest.layers) {
    await time({ argv: ['tar', '-C', folder, '-xf', findBlob(layouts, layer.digest)] })
  }
}

function report(times: Record<string, number[]>, phases: Record<string, string>, rounds: number): void {
  const median = (values: number[]) => [...values].sort((a, b) => a - b)[values.length >> 1]!
  const floor = median(times['floor: dnf']!) + median(times['floor: tar and gzip']!)
  const rows = Object.entries(times).map(([what, values]) => {
    const ratio = what.startsWith('cold') ? `${(median(values) / floor).toFixed(2)} × floor` : ''
    return `| ${what} | ${median(values).toFixed(2)} | ${Math.min(...values).toFixed(2)} | ${Math.max(...values).toFixed(2)} | ${ratio} |`
  })
  const model = /model name\s*: (.*)/.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? cpus()[0]?.model
  console.log(`
${new Date().toISOString().slice(0, 10)}, ${cpus().length} × ${model}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}, Node ${process.versions.node}; ${rounds} rounds

| what | median s | min | max | ratio |
|---|---|---|---|---|
${rows.join('\n')}
| floor, both parts | ${floor.toFixed(2)} | | | |

Where a cold build's time goes, last round: ${Object.entries(phases)
    .map(([engine, phase]) => `${engine}: ${phase}`)
    .join('; ')}; the rest is Node's start and probing the engine.`)
}
