import { chmod, cp, lstat, mkdir, readdir, readlink, rename, rm, symlink } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { execa } from 'execa'

/**
 * Unpacks .debs into `tree` where AL2023 would have the files: everything below /usr, libraries in /usr/lib64,
 * links pointing at the new places. Everything is owned by root; files that were setgid for another group are not
 * setgid for root's instead.
 */
export async function unpackDebs(debs: string[], tree: string, triplet: string): Promise<void> {
  // tar follows these, so that every file lands in its new place.
  await mkdir(join(tree, 'usr/lib64'), { recursive: true })
  for (const dir of ['bin', 'sbin', 'lib']) await mkdir(join(tree, 'usr', dir))
  for (const dir of ['bin', 'sbin', 'lib', 'lib64']) await symlink(`usr/${dir}`, join(tree, dir))
  await symlink('../lib64', join(tree, 'usr/lib', triplet))

  for (const deb of debs) {
    // /lib64 of a .deb holds only a link to the loader, which here would be a link to itself.
    const drop = [
      './lib64/*',
      // Of what AL2023 starts by systemd alone.
      './etc/init.d',
      './usr/share/lintian',
      './usr/share/bug',
      './usr/share/menu',
      './usr/share/doc-base',
    ]
    const extract = [
      '-x',
      '-C',
      tree,
      '--no-same-owner',
      '--keep-directory-symlink',
      ...drop.map(d => `--exclude=${d}`),
    ]
    await execa('dpkg-deb', ['--fsys-tarfile', deb], { buffer: false }).pipe('tar', extract)
  }

  for (const dir of ['bin', 'sbin', 'lib', 'lib64', `usr/lib/${triplet}`]) await rm(join(tree, dir))
  await fixEntries(tree, '/', triplet)
}

async function fixEntries(tree: string, dir: string, triplet: string): Promise<void> {
  for (const entry of await readdir(join(tree, dir), { withFileTypes: true })) {
    const path = join(dir, entry.name)
    if (entry.isDirectory()) await fixEntries(tree, path, triplet)
    else if (entry.isSymbolicLink()) await retarget(tree, path, triplet)
    else if (entry.isFile()) await clearSetgid(join(tree, path))
  }
}

async function clearSetgid(path: string): Promise<void> {
  const { mode } = await lstat(path)
  if (mode & 0o2000) await chmod(path, mode & 0o7777 & ~0o2000)
}

async function retarget(tree: string, path: string, triplet: string): Promise<void> {
  const target = await readlink(join(tree, path))
  const cameFrom = path.replace(/^\/usr\/lib64/, `/usr/lib/${triplet}`)
  const pointsAt = resolve(dirname(cameFrom), target)
  const moved = newPlace(pointsAt, triplet)
  const same = target.startsWith('/') ? moved === target : resolve(dirname(path), target) === moved
  if (same) return
  await rm(join(tree, path))
  await symlink(target.startsWith('/') ? moved : relative(dirname(path), moved), join(tree, path))
}

/** Where AL2023 has what Debian has at `path`. */
export function newPlace(path: string, triplet: string): string {
  return path
    .replace(/^\/(bin|sbin|lib|lib64)(?=\/|$)/, '/usr/$1')
    .replace(`/usr/lib/${triplet}`, '/usr/lib64')
}

/** Moves whatever starts with a prefix to where the other prefix says. Prefixes are whole paths. */
export async function movePaths(tree: string, moves: Record<string, string>): Promise<void> {
  for (const [from, to] of Object.entries(moves)) {
    await mkdir(dirname(join(tree, to)), { recursive: true })
    const merges = await lstat(join(tree, to)).then(
      stat => stat.isDirectory(),
      () => false,
    )
    if (!merges) await rename(join(tree, from), join(tree, to))
    else {
      await cp(join(tree, from), join(tree, to), {
        recursive: true,
        preserveTimestamps: true,
        verbatimSymlinks: true,
      })
      await rm(join(tree, from), { recursive: true })
    }
  }
}
