import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { BuiltImage } from '../../image/built-image.ts'
import { resolvePath } from '../../image/resolve.ts'
import { UserError } from '../../lib/errors.ts'
import type { ImageConfig } from '../../oci/config.ts'
import type { FileEntry } from '../../oci/files.ts'

type Content = string | Buffer | Partial<FileEntry>

/** For tests: a BuiltImage with the content of a directory of this machine. */
export function imageOfDirectory(root: string, config: ImageConfig['config'] = {}): BuiltImage {
  const files = new Map<string, FileEntry>()
  const inodes = new Map<number, string>()
  for (const path of walk(root, '/').sort()) {
    const entry = entryOf(root, path, inodes)
    if (entry) files.set(path, entry)
  }
  return imageOf(files, path => readFileSync(join(root, path)), config)
}

/** For tests: a BuiltImage from words. A string or Buffer is the content of a file; directories above are made. */
export function imageOfFiles(paths: Record<string, Content>, config: ImageConfig['config'] = {}): BuiltImage {
  const files = new Map<string, FileEntry>()
  const contents = new Map<string, Buffer>()
  for (const [path, content] of Object.entries(paths)) {
    for (let dir = dirname(path); dir !== '/'; dir = dirname(dir)) {
      if (!files.has(dir)) files.set(dir, { ...plain(dir), type: 'dir', mode: 0o755 })
    }
    const isContent = typeof content === 'string' || Buffer.isBuffer(content)
    const bytes = Buffer.from(isContent ? content : '')
    contents.set(path, bytes)
    files.set(path, { ...plain(path), size: bytes.length, ...(isContent ? {} : content) })
  }
  return imageOf(files, path => contents.get(path)!, config)
}

const temporary: string[] = []
process.once('exit', () => {
  for (const folder of temporary) rmSync(folder, { recursive: true, force: true })
})

/** For tests: a fresh directory with these files, removed when the process ends. */
export function directoryOf(files: Record<string, string | Buffer>): string {
  const root = mkdtempSync(join(tmpdir(), 'test-image-'))
  temporary.push(root)
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(root, dirname(path)), { recursive: true })
    writeFileSync(join(root, path), content)
  }
  return root
}

const plain = (path: string): FileEntry => ({ path, type: 'file', mode: 0o644, uid: 0, gid: 0, size: 0 })

function imageOf(
  files: Map<string, FileEntry>,
  readReal: (path: string) => Buffer,
  config: ImageConfig['config'],
) {
  const read = (path: string) => {
    const entry = resolvePath(files, path)
    if (entry?.type !== 'file' && entry?.type !== 'hardlink') throw new UserError(`${path}: no such file`)
    return readReal(entry.link ?? entry.path)
  }
  const rootfs = { type: 'layers', diff_ids: [] } as const
  const image = { name: 'fake', platform: 'linux/amd64', digest: `sha256:${'0'.repeat(64)}`, files, read }
  return {
    ...image,
    layerSizes: [],
    config: { architecture: 'amd64', os: 'linux', created: '', config, rootfs },
  }
}

/** Not `readdir` with `recursive`: Node 20's goes through links. */
function walk(root: string, directory: string): string[] {
  return readdirSync(join(root, directory), { withFileTypes: true }).flatMap(one => {
    const path = join(directory, one.name)
    return one.isDirectory() ? [path, ...walk(root, path)] : [path]
  })
}

function entryOf(root: string, path: string, inodes: Map<number, string>): FileEntry | undefined {
  const stat = lstatSync(join(root, path))
  const common = { path, mode: stat.mode & 0o7777, uid: stat.uid, gid: stat.gid, size: 0 }
  if (stat.isDirectory()) return { ...common, type: 'dir' }
  if (stat.isSymbolicLink()) return { ...common, type: 'symlink', link: readlinkSync(join(root, path)) }
  if (!stat.isFile()) return undefined
  const first = inodes.get(stat.ino)
  if (first) return { ...common, type: 'hardlink', link: first }
  inodes.set(stat.ino, path)
  return { ...common, type: 'file', size: stat.size }
}
