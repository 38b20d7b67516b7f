import { createHash } from 'node:crypto'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { UserError } from '../lib/errors.ts'
import { digestOf } from '../oci/blobs.ts'

/** What a `dist/` says of itself. */
export interface Seal {
  readonly image: string
  readonly madeOf: MadeOf
  /** Path below `dist/` → `sha256:…`, of every file. */
  readonly files: Readonly<Record<string, string>>
}

/** What was chosen when an image was made. */
export interface MadeOf {
  readonly distro: string
  readonly release: string
  readonly engine: string
}

const sealName = 'seal.json'

/** Covers all that lies in `dist` now by one digest, and says what it was made of. */
export function writeSeal(dist: string, image: string, madeOf: MadeOf): void {
  const files = Object.fromEntries(filesIn(dist).map(file => [file, digestOf(join(dist, file))]))
  const seal: Seal = { image, madeOf, files }
  writeFileSync(join(dist, sealName), JSON.stringify({ digest: digestOfSeal(seal), ...seal }, undefined, 1))
}

/**
 * What `dist` says of itself, after every file in it was held against its digest: turbo restores outputs without looking
 * at their content, and disks rot. Files that were good and have kept inode, size and times since are not read again.
 * Throws UserError when it is not built, or not as it was made.
 */
export function readSeal(dist: string): Seal {
  const seal = parseSeal(dist)
  const found = filesIn(dist).filter(file => file !== sealName)
  const there = new Set(found)
  const missing = Object.keys(seal.files).find(file => !there.has(file))
  if (missing) throw damaged(dist, `${missing} is missing`)
  // Turbo restores over what an earlier build left, whose blobs nothing names any more.
  const stranger = found.find(file => !(file in seal.files) && !file.includes('/blobs/'))
  if (stranger) throw damaged(dist, `${stranger} is no part of what was built`)
  const stamp = (file: string) => [file, seal.files[file]!, stampOf(join(dist, file))].join(' ')
  const good = readStamps(dist)
  const sealed = Object.keys(seal.files)
  const unread = sealed.filter(file => !good.has(stamp(file)))
  const before = sealed.map(stamp)
  for (const file of unread) {
    const digest = digestOf(join(dist, file))
    if (digest !== seal.files[file])
      throw damaged(dist, `${file} has the digest ${digest}, not ${seal.files[file]}`)
  }
  if (unread.length > 0) writeStamps(dist, before)
  return seal
}

function parseSeal(dist: string): Seal {
  const file = join(dist, sealName)
  if (!existsSync(file)) {
    throw new UserError(
      `${file} is missing: build the image first, 'npx turbo run build --filter=${nameOf(dist)}'`,
    )
  }
  let value: { digest?: unknown } & Partial<Seal>
  try {
    value = JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    throw damaged(dist, `${sealName} is not JSON`)
  }
  const { digest, ...seal } = value ?? {}
  if (!seal.files || !seal.madeOf || digest !== digestOfSeal(seal as Seal)) {
    throw damaged(dist, `${sealName} is not what was written`)
  }
  return seal as Seal
}

const nameOf = (dist: string) => dist.split('/').at(-2)

function damaged(dist: string, what: string): UserError {
  return new UserError(
    `${dist} is damaged: ${what}; run 'npx turbo run build --force --only --filter=${nameOf(dist)}' to make it again`,
  )
}

function digestOfSeal({ image, madeOf, files }: Seal): string {
  const text = JSON.stringify({ image, madeOf, files })
  return `sha256:${createHash('sha256').update(text).digest('hex')}`
}

/** Sorted paths below a folder of everything that is no folder. */
function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => !entry.isDirectory())
    .map(entry => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort()
}

/** Changes whenever anything writes to the file; the change time is nobody's to set. */
function stampOf(file: string): string {
  const { ino, size, mtimeNs, ctimeNs } = lstatSync(file, { bigint: true })
  return [ino, size, mtimeNs, ctimeNs].join(' ')
}

/** Beside `dist/`, since it speaks of the files of this disk alone. */
const stampsOf = (dist: string) => join(dirname(dist), 'work', 'proven')

function readStamps(dist: string): Set<string> {
  const file = stampsOf(dist)
  return new Set(existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [])
}

function writeStamps(dist: string, stamps: readonly string[]): void {
  const file = stampsOf(dist)
  mkdirSync(dirname(file), { recursive: true })
  const aside = `${file}.${process.pid}`
  writeFileSync(aside, stamps.join('\n'))
  renameSync(aside, file)
}
