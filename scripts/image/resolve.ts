import { posix } from 'node:path'
import type { FileEntry } from '../oci/files.ts'

type Files = ReadonlyMap<string, FileEntry>

/** As many links as the kernel follows before it says ELOOP. */
const maxLinks = 40
const root: FileEntry = { path: '/', type: 'dir', mode: 0o755, uid: 0, gid: 0, size: 0 }

/**
 * What a program inside the image finds at `path` (absolute): every link on the way is followed, and never out of
 * the image. `/lib64/libc.so.6` → the entry at `/usr/lib64/libc.so.6`. Undefined: nothing there, or links in a circle.
 */
export function resolvePath(files: Files, path: string): FileEntry | undefined {
  return walk(files, path, true)
}

/** As `resolvePath`, but a link at the very end is returned itself: what `lstat` would see. */
export function lookUp(files: Files, path: string): FileEntry | undefined {
  return walk(files, path, false)
}

function walk(files: Files, path: string, followLast: boolean): FileEntry | undefined {
  let at = root
  let links = 0
  const todo = parts(path)
  while (todo.length > 0) {
    const part = todo.shift()!
    if (at.type !== 'dir') return undefined
    if (part === '..') {
      at = files.get(posix.dirname(at.path)) ?? root
      continue
    }
    const entry = files.get(posix.join(at.path, part))
    if (!entry) return undefined
    const target = linkTarget(files, entry)
    if (target === undefined || (todo.length === 0 && !followLast)) {
      at = entry
    } else {
      if (++links > maxLinks || target === '') return undefined
      todo.unshift(...parts(target))
      if (target.startsWith('/')) at = root
    }
  }
  return at
}

const parts = (path: string) => path.split('/').filter(part => part !== '' && part !== '.')

/** A symlink may have a second name, which the listing calls a hardlink to the first. */
function linkTarget(files: Files, entry: FileEntry): string | undefined {
  const first = entry.type === 'hardlink' ? files.get(entry.link ?? '') : entry
  return first?.type === 'symlink' ? (first.link ?? '') : undefined
}
