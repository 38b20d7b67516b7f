import { createHash } from 'node:crypto'
import {
  chmodSync,
  copyFileSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readlinkSync,
  renameSync,
  symlinkSync,
} from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { glob } from 'zx'
import { UserError } from '../lib/errors.ts'
import { repoRoot } from '../lib/paths.ts'
import { digestOf } from '../oci/blobs.ts'
import { turboInputs } from './turbo-inputs.ts'

/**
 * Copies what turbo hashes of a recipe's folder, and nothing else, into a new folder below `work`: what reaches an image
 * is what its build is known by, whatever git ignores, and no output of an earlier build. Modes are those of a checkout,
 * 0755 for what may be executed and 0644 for the rest, and all times are `epoch` (seconds). Returns the folder's path,
 * which holds the digest of its content: BuildKit takes a file of the same path, size and time for one that it has
 * already. Throws UserError for what is neither a file nor a link.
 */
export function copyRecipe(recipe: string, work: string, epoch: number): string {
  const target = join(work, 'recipe')
  mkdirSync(target, { recursive: true })
  const paths = glob.sync([...turboInputs().own], {
    cwd: recipe,
    dot: true,
    onlyFiles: false,
    markDirectories: true,
    followSymbolicLinks: false,
    expandDirectories: false,
  })
  const hash = createHash('sha256')
  for (const path of paths.sort()) {
    // Empty folders are in no checkout.
    if (path.endsWith('/')) continue
    hash.update(JSON.stringify([path, ...copyEntry(join(recipe, path), join(target, path), epoch)]))
  }
  const named = join(work, `recipe-${hash.digest('hex')}`)
  renameSync(target, named)
  return named
}

/** What tells the copy from another one: its kind, and the target or the digest. */
function copyEntry(from: string, to: string, epoch: number): [kind: string, content: string] {
  const stat = lstatSync(from)
  mkdirSync(dirname(to), { recursive: true })
  if (stat.isSymbolicLink()) {
    const link = readlinkSync(from)
    symlinkSync(link, to)
    lutimesSync(to, epoch, epoch)
    return ['link', link]
  }
  if (!stat.isFile())
    throw new UserError(
      `${relative(repoRoot, from)} is neither a file nor a link: remove it, a recipe's folder holds nothing else`,
    )
  const mode = stat.mode & 0o111 ? 0o755 : 0o644
  copyFileSync(from, to)
  chmodSync(to, mode)
  lutimesSync(to, epoch, epoch)
  return [`${mode}`, digestOf(to)]
}
