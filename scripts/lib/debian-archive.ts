import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { aptOptions, sourceOf } from './apt.ts'
import { fileDigest } from './content-digest.ts'
import { UserError } from './errors.ts'

export interface Archive {
  /** Every package that installing `names` would bring, and `names` themselves. */
  closure(names: string[]): Promise<string[]>
  /**
   * Puts the .deb of each package into the work directory, unless it is there. By package; every one was hashed where it
   * lies, and is what the archive's signed lists say.
   */
  fetch(names: string[], onFetched: (count: number) => void): Promise<Map<string, Download>>
}

/** A file whose bytes were checked. */
export interface Download {
  readonly path: string
  /** What they were checked against. */
  readonly digest: string
}

export interface ArchiveRequest {
  /** Debian's name of the architecture; `native` is this machine's. */
  readonly arch: string
  readonly suites: readonly string[]
  /** Folder for packages; a second call with it downloads only those that are new or not what they were. */
  readonly workDir: string
}

/**
 * The Debian archive that this machine's apt is set up with, read by apt's own client with lists, cache and sources of
 * its own: what the machine has installed or pinned does not matter and does not change. Throws UserError when apt has
 * no Debian source, or its archive cannot be read or lacks a package.
 */
export async function openArchive({ arch, suites, workDir }: ArchiveRequest): Promise<Archive> {
  const home = join(workDir, 'apt')
  const debs = join(workDir, 'debs')
  // Lists of an earlier run would be trusted: apt looks at the bytes of a list only when it downloads it.
  await rm(home, { recursive: true, force: true })
  for (const dir of [join(home, 'lists/partial'), join(home, 'cache/archives/partial'), debs]) {
    await mkdir(dir, { recursive: true })
  }
  const sources = await Promise.all(suites.map(sourceOf))
  await writeFile(join(home, 'sources.list'), sources.join(''))
  await writeFile(join(home, 'status'), '')
  const aptGet = (...args: string[]) =>
    execa('apt-get', [...aptOptions(home, arch), ...args], { cwd: debs }).catch(error => {
      throw new UserError(`apt-get ${args[0]} failed: ${complaints(error)}`)
    })
  const isIntact = ({ file, sha256 }: Listed) => fileDigest(join(debs, file)) === sha256

  await aptGet('update', '-o', 'APT::Update::Error-Mode=any').catch(error => {
    throw new UserError(
      `The Debian archive that apt is set up with cannot be read: ${error.message}: ` +
        'check that "apt-get update" works on this machine, then run again',
    )
  })

  return {
    async closure(names) {
      const { stdout } = await aptGet('install', '--yes', '--no-install-recommends', '--print-uris', ...names)
      return listed(stdout).map(({ file }) => packageOf(file))
    },
    async fetch(names, onFetched) {
      // Asked from a folder without .debs: apt does not list what it finds in place.
      const question = ['download', '--print-uris', ...names]
      const { stdout } = await execa('apt-get', [...aptOptions(home, arch), ...question], {
        cwd: home,
      }).catch(error => {
        throw new UserError(
          `The Debian archive does not have every package that is needed: ${complaints(error)}`,
        )
      })
      const wanted = listed(stdout)
      const missing = wanted.filter(deb => !isIntact(deb))
      onFetched(wanted.length - missing.length)
      for (let start = 0; start < missing.length; start += 20) {
        const some = missing.slice(start, start + 20)
        await download(some)
        onFetched(some.length)
      }
      return new Map(
        wanted.map(({ file, sha256 }) => [packageOf(file), { path: join(debs, file), digest: sha256 }]),
      )
    },
  }

  /** What came is hashed, too, and what is not as listed is fetched once more. */
  async function download(wanted: readonly Listed[]): Promise<void> {
    let missing = wanted
    let failure: UserError | undefined
    for (let tries = 0; tries < 2 && missing.length > 0; tries++) {
      // apt takes a file that has the name and the size for the one that it was to download.
      for (const { file } of missing) await rm(join(debs, file), { recursive: true, force: true })
      failure = await aptGet('download', ...missing.map(({ file }) => packageOf(file))).then(
        () => undefined,
        error => error,
      )
      missing = missing.filter(deb => !isIntact(deb))
    }
    if (missing.length === 0) return
    for (const { file } of missing) await rm(join(debs, file), { recursive: true, force: true })
    throw (
      failure ??
      new UserError(
        `what was downloaded is not what the Debian archive lists, twice: ${missing.map(({ file }) => file).join(', ')}: ` +
          "a proxy or a mirror gives other bytes; try again later or with another mirror in apt's sources",
      )
    )
  }
}

interface Listed {
  readonly file: string
  readonly sha256: string
}

/** `'<uri>' <file> <size> SHA256:<hex>`, one a line among other text. */
function listed(stdout: string): Listed[] {
  return [...stdout.matchAll(/^'[^']+' (\S+\.deb) \d+ SHA256:(\w+)/gm)].map(m => ({
    file: m[1]!,
    sha256: m[2]!,
  }))
}

const packageOf = (file: string) => file.slice(0, file.indexOf('_'))

/** What apt-get says in its lines of errors, or that it could not be started. */
function complaints(error: { stderr?: string; shortMessage?: string }): string {
  const lines = (error.stderr ?? '').split('\n').filter(line => line.startsWith('E: '))
  return (
    lines
      .slice(0, 2)
      .map(line => line.slice(3).trim())
      .join('; ') ||
    (error.shortMessage ?? '')
  )
}
