import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { UserError } from './errors.ts'

export interface Archive {
  /** Every package that installing `names` would bring, and `names` themselves. */
  closure(names: string[]): Promise<string[]>
  /** Puts the .deb of each package into the work directory, unless it is there; package → path. */
  fetch(names: string[], onFetched: (count: number) => void): Promise<Map<string, string>>
}

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'

export interface ArchiveRequest {
  /** Debian's name of the architecture; `native` is this machine's. */
  readonly arch: string
  readonly suites: readonly string[]
  /** Folder for lists and packages; a second call with it downloads only what is new. */
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
  for (const dir of [join(home, 'lists/partial'), join(home, 'cache/archives/partial'), debs]) {
    await mkdir(dir, { recursive: true })
  }
  const sources = await Promise.all(
    suites.map(async suite => `deb [signed-by=${KEYRING}] ${await archiveUri(suite)} ${suite} main\n`),
  )
  await writeFile(join(home, 'sources.list'), sources.join(''))
  await writeFile(join(home, 'status'), '')
  const aptGet = (...args: string[]) =>
    execa('apt-get', [...aptOptions(home, arch), ...args], { cwd: debs }).catch(error => {
      throw new UserError(`apt-get ${args.slice(0, 3).join(' ')} … failed:\n${lastLines(error.stderr)}`)
    })

  await aptGet('update', '-o', 'APT::Update::Error-Mode=any').catch(error => {
    throw new UserError(
      `The Debian archive that apt is set up with cannot be read. ${error.message}\n` +
        'Check that "apt-get update" works on this machine, then run again.',
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
          `The Debian archive does not have every package that is needed:\n${lastLines(error.stderr)}`,
        )
      })
      const wanted = listed(stdout)
      const here = await Promise.all(wanted.map(async deb => isIntact(join(debs, deb.file), deb.sha)))
      const missing = wanted.filter((_, index) => !here[index])
      onFetched(wanted.length - missing.length)
      for (let start = 0; start < missing.length; start += 20) {
        const some = missing.slice(start, start + 20)
        await aptGet('download', ...some.map(({ file }) => packageOf(file)))
        onFetched(some.length)
      }
      return new Map(wanted.map(({ file }) => [packageOf(file), join(debs, file)]))
    },
  }
}

/** Where a suite lives, by the word of the machine's own apt: no mirror's name stands in this repository. */
async function archiveUri(suite: string): Promise<string> {
  const format = '$(CREATED_BY) $(CODENAME) $(COMPONENT) $(REPO_URI)'
  const { stdout } = await execa('apt-get', ['indextargets', '--format', format], { reject: false })
  const targets = (stdout ?? '').split('\n').map(line => line.split(' '))
  const isFor = (codename: string) =>
    targets.find(t => t[0] === 'Packages' && t[1] === codename && t[2] === 'main')
  // A machine on another Debian release reads the same archive: only the folder of the suite differs.
  const anyDebian = targets.find(
    t => t[0] === 'Packages' && t[2] === 'main' && /\/debian\/$/.test(t[3] ?? ''),
  )
  // Of the suites with a suffix, only the backports are in that archive, too.
  const isInArchive = /^[^-]+(-backports)?$/.test(suite)
  const uri = (isFor(suite) ?? (isInArchive ? anyDebian : undefined))?.[3]
  if (uri && existsSync(KEYRING)) return uri
  throw new UserError(
    `Debian's suite "${suite}" is needed, and apt on this machine ` +
      (uri
        ? `lacks the keys to trust it (${KEYRING}). Install debian-archive-keyring.`
        : `has no source for it. Add a source for the suite "${suite}", component "main", then run again.`),
  )
}

function aptOptions(home: string, arch: string): string[] {
  const options = {
    ...(arch !== 'native' && { 'APT::Architecture': arch, 'APT::Architectures': arch }),
    // apt drops to a user of its own, which cannot write below a work directory of root's.
    'APT::Sandbox::User': 'root',
    'Acquire::Languages': 'none',
    // Only with sha256 does a .deb from an earlier run count as the one that the archive lists.
    'Acquire::ForceHash': 'sha256',
    'Dir::Etc::SourceList': join(home, 'sources.list'),
    'Dir::Etc::SourceParts': '-',
    'Dir::Etc::Preferences': '/dev/null',
    'Dir::Etc::PreferencesParts': '/dev/null',
    'Dir::State::Lists': join(home, 'lists'),
    'Dir::State::status': join(home, 'status'),
    'Dir::Cache': join(home, 'cache'),
  }
  return Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`])
}

/** `'<uri>' <file> <size> SHA256:<hex>`, one a line among other text. */
function listed(stdout: string): { file: string; sha: string }[] {
  return [...stdout.matchAll(/^'[^']+' (\S+\.deb) \d+ SHA256:(\w+)/gm)].map(m => ({
    file: m[1]!,
    sha: m[2]!,
  }))
}

const packageOf = (file: string) => file.slice(0, file.indexOf('_'))

async function isIntact(path: string, sha256: string): Promise<boolean> {
  if (!existsSync(path)) return false
  return (
    createHash('sha256')
      .update(await readFile(path))
      .digest('hex') === sha256
  )
}

const lastLines = (text: unknown) =>
  String(text ?? '')
    .trim()
    .split('\n')
    .slice(-6)
    .join('\n')
