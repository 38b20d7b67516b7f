import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeToolchain } from '../images/distro/lab/toolchain.ts'
import { main, print, printJson } from './lib/cli.ts'
import { openArchive } from './lib/debian-archive.ts'
import { UserError } from './lib/errors.ts'
import { withLock } from './lib/lock.ts'
import { inRepo } from './lib/paths.ts'
import { oneOf } from './lib/settings.ts'
import { textTable } from './lib/text-table.ts'
import { pullImage, rpmdbOf } from './registry/pulled.ts'
import { applyWal } from './registry/wal.ts'
import { type Outcome, play } from './replay/play.ts'
import { type Database, readRecorded } from './replay/recorded.ts'
import { makeRepository } from './replay/repository.ts'
import { remarksOf, troublesOf } from './replay/troubles.ts'
import { readDistro } from './workspace/distro.ts'
import { readWorkspace } from './workspace/workspace.ts'

const usage = `
Usage: npm run replay -- --database FILE | --image HOST/REPOSITORY:TAG

Makes RPMs of the headers that the rpm database of a container keeps, a signed repository of these, and runs recipes and
in-image commands on it, with rpm, dnf and Python of one Debian release after the other. Needs root, and apt with a
Debian archive. What content is missing is Debian's, or next to nothing; relations, scriptlets, triggers, files and their
modes are the database's own, byte for byte.
`

/** By the name of a toolchain, Debian's suite that it is from. The first is what Amazon Linux 2023 has: rpm 4.16, Python 3.9. */
const toolchains = { 'debian-11': 'bullseye', 'debian-12': 'bookworm' } as const
type Toolchain = keyof typeof toolchains

/** What the repository is made with, what the in-image commands call, and what they lend to scriptlets. */
const programs = (
  'rpm createrepo-c dnf gnupg gpg-agent python3 bash dash coreutils findutils sed grep mawk gzip tar zstd cpio file ' +
  'base-files libc-bin mount passwd policycoreutils p11-kit p11-kit-modules libstdc++6'
).split(' ')

const options = {
  database: { type: 'string', help: 'an rpmdb.sqlite; its -wal is read, too, where one lies beside it' },
  image: { type: 'string', help: 'an image in a registry that has such a database' },
  toolchain: { type: 'string', help: `only this one: ${Object.keys(toolchains).join(' or ')}` },
  json: { type: 'boolean', help: 'for programs: all that was printed, and the names of all packages' },
} as const

interface Replayed extends Outcome {
  readonly toolchain: Toolchain
  readonly troubles: readonly string[]
  readonly remarks: readonly string[]
}

await main(usage, options, async ({ words, flags, values }) => {
  if (words.length > 0)
    throw new UserError(`${words[0]} is one word too many; see 'npm run replay -- --help'`)
  const names = Object.keys(toolchains) as Toolchain[]
  const chosen = values.toolchain ? [oneOf('--toolchain', values.toolchain, names)] : names
  const bytes = await databaseOf(values)
  const database = about((values.database ?? values.image)!, () => readRecorded(bytes))
  const work = inRepo('work', 'replay')
  const replayed = await withLock(join(work, 'lock'), `a replay in ${work}`, async () =>
    (await Promise.all(chosen.map(name => replay(database, name, join(work, name))))).flat(),
  )
  if (flags.json) printJson(replayed, 2)
  else print(report(replayed))
  const failed = replayed.filter(({ troubles }) => troubles.length > 0)
  if (failed.length > 0 && !flags.json)
    throw new UserError(`${failed.length} of ${replayed.length} scenes failed; the lines above say why`)
})

/** Names what a UserError is about. */
function about<T>(what: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw error instanceof UserError ? new UserError(`${what}: ${error.message}`) : error
  }
}

/** The bytes of the database, out of WAL mode. */
async function databaseOf(values: { database?: string; image?: string }): Promise<Buffer> {
  const { database, image } = values
  if ((database === undefined) === (image === undefined))
    throw new UserError('name a database or an image, with --database FILE or --image HOST/REPOSITORY:TAG')
  if (image !== undefined) {
    const layout = mkdtempSync(join(tmpdir(), 'eks-distro-base-'))
    try {
      return rpmdbOf(await pullImage(image, 'linux/amd64', layout))
    } finally {
      rmSync(layout, { recursive: true, force: true })
    }
  }
  if (!existsSync(database!)) throw new UserError(`--database ${database}: there is no such file`)
  const log = `${database}-wal`
  return applyWal(readFileSync(database!), existsSync(log) ? readFileSync(log) : Buffer.alloc(0))
}

async function replay(database: Database, toolchain: Toolchain, workDir: string): Promise<Replayed[]> {
  const { epoch } = readDistro('lab')
  const archive = await openArchive({ arch: 'native', suites: [toolchains[toolchain]], workDir })
  const debs = await archive.fetch(await archive.closure(programs), () => {})
  const made = await makeToolchain(join(workDir, 'toolchain'), [...debs.values()], epoch)
  const run = (argv: string[]) =>
    made.run(argv).catch(error => {
      const lines = String(error.all ?? error.message)
        .trim()
        .split('\n')
      throw new UserError(
        `the replay with ${toolchain} cannot be set up:\n  ${lines.slice(-15).join('\n  ')}`,
      )
    })
  const tools = { root: made.root, run }
  await makeRepository(tools, database)
  const outcomes = await play(tools, database, readWorkspace(), epoch)
  return outcomes.map(one => ({ toolchain, ...one, troubles: troublesOf(one), remarks: remarksOf(one) }))
}

function report(replayed: readonly Replayed[]): string {
  const rows = replayed.map(({ toolchain, scene, troubles, names, seconds }) => [
    toolchain,
    scene,
    troubles.length > 0 ? 'failed' : 'passed',
    `${names.length} packages`,
    `${seconds} s`,
  ])
  const said = replayed.flatMap(({ toolchain, scene, troubles, remarks }) =>
    [...new Set([...troubles, ...remarks])].map(line => `${toolchain} ${scene}: ${line}`),
  )
  return [...textTable(rows), '', ...said].join('\n')
}
