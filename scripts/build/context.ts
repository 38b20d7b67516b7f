import {
  chmodSync,
  copyFileSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
} from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { glob } from 'zx'
import { UserError } from '../lib/errors.ts'
import { inRepo, repoRoot } from '../lib/paths.ts'

/**
 * Copies what turbo hashes of a recipe's folder, and nothing else, into the empty folder `target`: what reaches an image
 * is what its build is known by, whatever git ignores, and no output of an earlier build. Modes are those of a checkout,
 * 0755 for what may be executed and 0644 for the rest, and all times are `epoch` (seconds). Throws UserError for what is
 * neither a file nor a link.
 */
export function copyRecipe(folder: string, target: string, epoch: number): void {
  mkdirSync(target, { recursive: true })
  const paths = glob.sync(hashedPatterns(), {
    cwd: folder,
    dot: true,
    onlyFiles: false,
    markDirectories: true,
    followSymbolicLinks: false,
    expandDirectories: false,
  })
  for (const path of paths.sort()) copyEntry(join(folder, path), join(target, path), epoch)
}

/** The patterns of turbo.json that are about an image's own folder: `**`, and what is left out of it. */
function hashedPatterns(): string[] {
  const text = readFileSync(inRepo('turbo.json'), 'utf8').replace(/^\s*\/\/.*$/gm, '')
  const { tasks } = JSON.parse(text) as { tasks: { build: { inputs: string[] } } }
  return tasks.build.inputs.filter(pattern => !pattern.includes('$TURBO_'))
}

function copyEntry(from: string, to: string, epoch: number): void {
  // Empty folders are in no checkout.
  if (from.endsWith('/')) return
  const stat = lstatSync(from)
  mkdirSync(dirname(to), { recursive: true })
  if (stat.isSymbolicLink()) {
    symlinkSync(readlinkSync(from), to)
  } else if (stat.isFile()) {
    copyFileSync(from, to)
    chmodSync(to, stat.mode & 0o111 ? 0o755 : 0o644)
  } else {
    throw new UserError(
      `${relative(repoRoot, from)} is neither a file nor a link: remove it, a recipe's folder holds nothing else`,
    )
  }
  lutimesSync(to, epoch, epoch)
}
