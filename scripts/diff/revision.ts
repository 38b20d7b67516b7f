import { UserError } from '../lib/errors.ts'
import { repoRoot } from '../lib/paths.ts'
import { capture } from '../lib/run.ts'
import type { Ledger } from '../packages/ledger.ts'
import { ledgerName, listsFolder } from '../rpm/package-list.ts'
import type { Contents } from './side.ts'

/** The package lists of a git revision, or undefined where git knows no such revision. */
export async function readRevision(revision: string): Promise<Contents[] | undefined> {
  const git = (...args: string[]) => capture({ argv: ['git', '-C', repoRoot, ...args] })
  const { exitCode, stdout: commit } = await git('rev-parse', '--quiet', '--verify', `${revision}^{commit}`)
  if (exitCode !== 0) return undefined
  // Every line of every list in one go: commit:path, a zero byte, the line.
  const found = await git('grep', '-z', '-e', '', commit.trim(), '--', listsFolder)
  const files = new Map<string, string[]>()
  for (const one of found.stdout.split('\n').filter(Boolean)) {
    const [file = '', line = ''] = one.split('\0')
    const path = file.slice(file.indexOf(':') + 1)
    files.set(path, [...(files.get(path) ?? []), line])
  }
  if (files.size === 0)
    throw new UserError(`${revision} has no package lists: there is no ${listsFolder} in it`)
  return [...files]
    .filter(([path]) => !path.endsWith(`/${ledgerName}`))
    .map(([path, lines]) => list(path, lines, files))
}

function list(path: string, lines: string[], files: ReadonlyMap<string, string[]>): Contents {
  const [, distro, folder, image = ''] = path.split('/')
  const ledger = files.get(`${listsFolder}/${distro}/${folder}/${ledgerName}`)
  const { images = {}, packages = {} } = ledger ? (JSON.parse(ledger.join('\n')) as Ledger) : {}
  return {
    image,
    where: `${distro} ${folder}`,
    lines,
    sizes: new Map(Object.entries(packages)),
    ...images[image],
  }
}
