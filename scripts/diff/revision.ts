import { UserError } from '../lib/errors.ts'
import { git } from '../lib/git.ts'
import { repoRoot } from '../lib/paths.ts'
import { parseLedger } from '../packages/ledger.ts'
import { ledgerName, listsFolder, parseList } from '../rpm/package-list.ts'
import type { Contents } from './side.ts'

/**
 * The package lists of a git revision, or undefined where git knows no such revision. Throws UserError for one that has
 * none, for what looks like an option, and where there is no repository.
 */
export async function readRevision(revision: string, root = repoRoot): Promise<Contents[] | undefined> {
  if (revision.startsWith('-')) throw new UserError(`${revision} is no revision: git's do not begin with -`)
  const asked = await git(['rev-parse', '--quiet', '--verify', `${revision}^{commit}`], '', root)
  if (asked.exitCode > 1) {
    const [reason = ''] = asked.stderr.replace(/^fatal: /, '').split('\n')
    throw new UserError(`git cannot look for the revision ${revision}: ${reason}`)
  }
  const commit = asked.stdout.toString().trim()
  // `^main` is not one commit but all that are not main's.
  if (asked.exitCode === 1 || commit.startsWith('^')) return undefined
  const files = await readFiles(commit, root)
  const lists = [...files].filter(([, { name }]) => name !== ledgerName)
  if (lists.length === 0)
    throw new UserError(`${revision} has no package lists: there is no ${listsFolder} in it`)
  return lists.map(([, { distro, folder, name, text }]) => {
    const file = `${listsFolder}/${distro}/${folder}/${ledgerName}`
    const ledger = files.get(file)
    const { images = {}, packages = {} } = ledger ? parseLedger(ledger.text, `${revision}:${file}`) : {}
    const sizes = new Map(Object.entries(packages))
    return { image: name, where: `${distro} ${folder}`, lines: parseList(text), sizes, ...images[name] }
  })
}

interface ListFile {
  readonly distro: string
  readonly folder: string
  readonly name: string
  readonly text: string
}

/** A plain file at the place of a list, under a name that an image can have. */
const entry = /^100\d{3} blob ([0-9a-f]+)\t([^/]+\/([\w.-]+)\/([\w.-]+)\/([\w.-]+))$/

/** Every file of the folder of lists by its path. */
async function readFiles(commit: string, root: string): Promise<ReadonlyMap<string, ListFile>> {
  const tree = await git(['ls-tree', '-r', '-z', '--full-tree', commit, '--', `${listsFolder}/`], '', root)
  const entries = tree.stdout
    .toString()
    .split('\0')
    .flatMap(line => {
      const [, id, path, distro, folder, name] = entry.exec(line) ?? []
      return id ? [{ id, path: path!, distro: distro!, folder: folder!, name: name! }] : []
    })
  const blobs = await git(['cat-file', '--batch'], entries.map(({ id }) => `${id}\n`).join(''), root)
  let at = 0
  return new Map(
    entries.map(({ id, path, ...where }) => {
      const start = blobs.stdout.indexOf('\n', at) + 1
      const [, kind, size] = blobs.stdout.subarray(at, start).toString().trim().split(' ')
      if (start === 0 || kind !== 'blob') throw new UserError(`git cannot read ${path} (${id}) of ${commit}`)
      at = start + Number(size) + 1
      return [path, { ...where, text: blobs.stdout.subarray(start, at - 1).toString() }]
    }),
  )
}
