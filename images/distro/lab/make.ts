/**
 * The lab: an RPM distribution with AL2023's package names, made from Debian's packages, so that everything can be
 * built and tested where Amazon's repositories cannot be reached. What it is made of is in packages/.
 *
 *   apt ──► .debs ──► toolchain (a root of Debian's own rpm, dnf, tar)
 *             └─────► rpmbuild ──► sign ──► createrepo ──► dnf --installroot ──► root.tar
 *
 * Same archive, same bytes: the tools come from the archive too, times are a constant, the key is checked in. The tools
 * are this machine's whatever architecture the lab is of; only its root's scriptlets run as what they are.
 */
import { cp, mkdir, rename, rm } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { execa } from 'execa'
import { main } from '../../../scripts/lib/cli.ts'
import { openArchive } from '../../../scripts/lib/debian-archive.ts'
import { UserError } from '../../../scripts/lib/errors.ts'
import { withLock } from '../../../scripts/lib/lock.ts'
import { showProgress } from '../../../scripts/lib/progress.ts'
import { readDistro } from '../../../scripts/workspace/distro.ts'
import { updateInfo } from './advisories.ts'
import { ARCHES, hostArch, type LabArch } from './arch.ts'
import { type RpmPlan, readCatalog } from './catalog.ts'
import { makeRpm } from './convert.ts'
import { fetchNpm } from './npm.ts'
import { makeRepo, signRpms } from './repo.ts'
import { makeRoot, ROOT } from './root.ts'
import { openStore } from './store.ts'
import { makeToolchain, TOOLS } from './toolchain.ts'

export interface LabRequest {
  arch: LabArch
  /** 1 = bookworm alone, 2 = with its security updates */
  release: number
  /** SOURCE_DATE_EPOCH of all that is made, in seconds */
  epoch: number
  /** holds downloads and the toolchain; a second run in the same one is faster */
  workDir: string
  outDir: string
  onProgress?: (done: number, total: number, what: string) => void
}

/**
 * Debian's suites that each release is made from, the later ones on top; but of the backports, which are frozen, too,
 * apt takes only what is nowhere else.
 */
const RELEASES: Record<number, string[]> = {
  1: ['bookworm', 'bookworm-backports'],
  2: ['bookworm', 'bookworm-backports', 'bookworm-security'],
}

/**
 * Makes the lab: `outDir/root.tar` (the root filesystem, uncompressed tar, numeric owners) and `outDir/repo/` (the
 * signed RPM repository). Both appear complete or not at all.
 * @throws UserError when another process makes one in `workDir`, without root, without a Debian archive in apt's
 *   sources, for an unknown release, and when a package cannot be made or the repository is not closed
 */
export function makeLab(request: LabRequest): Promise<void> {
  const home = resolve(request.workDir)
  return withLock(join(home, 'lock'), `making a lab in ${home}`, () => makeAlone(request))
}

async function makeAlone(request: LabRequest): Promise<void> {
  const { arch, release, epoch, onProgress = () => {} } = request
  const suites = RELEASES[release]
  if (!suites) {
    throw new UserError(
      `The lab has no release "${release}". There are: ${Object.keys(RELEASES).join(', ')}.`,
    )
  }
  const folderOf = (of: LabArch, which: number) => resolve(request.workDir, `${of}-${which}`)
  const workDir = folderOf(arch, release)
  const outDir = resolve(request.outDir)

  const catalog = await readCatalog(arch, release)
  const host = hostArch()
  const archive = await openArchive({ arch, suites, workDir })
  const toolArchive =
    host === arch ? archive : await openArchive({ arch: host, suites, workDir: folderOf(host, release) })
  const tools = await toolArchive.closure([...TOOLS, ...(host === arch ? [] : ARCHES[arch].cross)])
  const names = [...new Set(catalog.packages.flatMap(({ from }) => from))].sort()
  const total = tools.length + names.length + 2 * catalog.packages.length + 2
  let done = 0
  const advance = (count: number, what: string) => {
    done += count
    onProgress(done, total, what)
  }

  const fetching = (count: number) => advance(count, 'fetching Debian packages')
  const debs = await toolArchive.fetch(tools, fetching)
  const downloads = await archive.fetch(names, fetching)
  const npm = catalog.packages.flatMap(plan => plan.npm ?? [])
  for (const [source, tarball] of await fetchNpm(npm, resolve(request.workDir, 'npm')))
    downloads.set(source, tarball)
  const toolchain = await makeToolchain(
    join(workDir, 'toolchain'),
    tools.map(name => debs.get(name)!),
    epoch,
  )
  const rpms = join(toolchain.root, 'work/rpms')
  await mkdir(rpms)
  await cp(join(import.meta.dirname, 'signing-key.asc'), join(toolchain.root, 'work/signing-key.asc'))

  const advisories = async () => {
    const earlier = RELEASES[release - 1]
    if (!earlier) return '<?xml version="1.0" encoding="UTF-8"?>\n<updates/>\n'
    const before = await openArchive({ arch, suites: earlier, workDir: folderOf(arch, release - 1) })
    return updateInfo(catalog.packages, downloads, before, ARCHES[arch].rpm, release)
  }
  const store = await openStore(join(workDir, 'rpms'), catalog, downloads, [
    arch,
    `${epoch}`,
    toolchain.identity,
  ])
  const made = new Map<RpmPlan, string>()
  await inParallel(catalog.packages, async plan => {
    if (!(await store.restore(plan, rpms)))
      made.set(plan, await makeRpm(plan, catalog, downloads, arch, toolchain))
    advance(1, `made ${plan.name}`)
  })
  onProgress(done, total, 'signing')
  await signRpms(toolchain, [...made.values()], availableParallelism(), epoch)
  for (const [plan, file] of made) await store.keep(plan, join(rpms, file))
  await store.prune()
  advance(catalog.packages.length, 'making the repository')
  await makeRepo(toolchain, await advisories(), ARCHES[arch].rpm, epoch)
  advance(1, 'installing the root')
  await makeRoot(toolchain, ROOT, arch, release, epoch)
  await publish(join(toolchain.root, 'work'), outDir)
  await rm(join(toolchain.root, 'work'), { recursive: true })
  advance(1, 'done')
}

/** Does something to each, as many at a time as there are cores; the first failure stops the rest. */
async function inParallel<T>(items: readonly T[], action: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items]
  const worker = async () => {
    for (let item = queue.shift(); item; item = queue.shift()) {
      await action(item).catch(error => {
        queue.length = 0
        throw error
      })
    }
  }
  const workers = await Promise.allSettled(Array.from({ length: availableParallelism() }, worker))
  for (const outcome of workers) if (outcome.status === 'rejected') throw outcome.reason
}

async function publish(from: string, outDir: string): Promise<void> {
  await mkdir(outDir, { recursive: true })
  for (const name of ['repo', 'root.tar']) {
    const aside = join(outDir, `.${name}.part`)
    await rm(aside, { recursive: true, force: true })
    await execa('mv', [join(from, name), aside])
    await rm(join(outDir, name), { recursive: true, force: true })
    await rename(aside, join(outDir, name))
  }
}

if (process.argv[1] === import.meta.filename) {
  const options = {
    out: { type: 'string', help: 'where root.tar and repo/ go' },
    work: { type: 'string', help: 'holds downloads and tools' },
    arch: { type: 'string', help: `${Object.keys(ARCHES).join(' or ')} (this machine's)` },
    release: { type: 'string', help: `${Object.keys(RELEASES).join(' or ')} (the pinned one)` },
  } as const
  await main('npx tsx images/distro/lab/make.ts --out DIR --work DIR', options, async ({ values }) => {
    const { out, work, arch = hostArch() } = values
    const distro = readDistro('lab')
    if (!out || !work) throw new UserError('--out and --work are needed: a folder each')
    if (!(arch in ARCHES))
      throw new UserError(`--arch ${arch} is unknown. There are: ${Object.keys(ARCHES).join(', ')}`)
    await makeLab({
      arch: arch as LabArch,
      release: Number(values.release ?? distro.release),
      epoch: distro.epoch,
      workDir: work,
      outDir: out,
      onProgress: showProgress,
    })
  })
}
