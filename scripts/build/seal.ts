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
import { basename, dirname, join } from 'node:path'
import { UserError } from '../lib/errors.ts'
import type { Platform } from '../lib/settings.ts'
import { digestOf } from '../oci/blobs.ts'

/** What the output of a build for one platform says of itself. */
export interface Seal extends Label {
  /** The tasks of turbo's, by their hashes, that found it good or had it made. */
  readonly tasks: readonly string[]
  /** Path below the output → `sha256:…`, of every file. */
  readonly files: Readonly<Record<string, string>>
}

export interface Label {
  readonly image: string
  readonly platform: Platform
  readonly madeOf: MadeOf
  /** Digest of all that decided what it is. */
  readonly inputs: string
}

/** What was chosen when an image was made. */
export interface MadeOf {
  readonly distro: string
  readonly release: string
  readonly engine: string
}

const sealName = 'seal.json'

/** Covers all that lies in `output` now by one digest, and says what it is. */
export function writeSeal(output: string, label: Label): void {
  const files = Object.fromEntries(filesIn(output).map(file => [file, digestOf(join(output, file))]))
  putSeal(output, { ...label, tasks: [], files })
}

/** Notes a task of turbo's that found `output` good. Throws as `readSeal` does. */
export function noteTask(output: string, task: string): void {
  const seal = readSeal(output)
  if (!seal.tasks.includes(task)) putSeal(output, { ...seal, tasks: [...seal.tasks, task] })
}

function putSeal(output: string, seal: Seal): void {
  const aside = join(output, `${sealName}.${process.pid}`)
  writeFileSync(aside, JSON.stringify({ digest: digestOfSeal(seal), ...seal }, undefined, 1))
  renameSync(aside, join(output, sealName))
}

/**
 * What `output` says of itself, after every file in it was held against its digest: turbo restores outputs without looking
 * at their content, and disks rot. Files that were good and have kept inode, size and times since are not read again.
 * Throws UserError when it is not built, or not as it was made.
 */
export function readSeal(output: string): Seal {
  const seal = parseSeal(output)
  const found = filesIn(output).filter(file => file !== sealName)
  const there = new Set(found)
  const missing = Object.keys(seal.files).find(file => !there.has(file))
  if (missing) throw damaged(output, `${missing} is missing`)
  // Turbo restores over what an earlier build left, whose blobs nothing names any more.
  const stranger = found.find(file => !(file in seal.files) && !file.includes('/blobs/'))
  if (stranger) throw damaged(output, `${stranger} is no part of what was built`)
  const stamp = (file: string) => [file, seal.files[file]!, stampOf(join(output, file))].join(' ')
  const good = readStamps(output)
  const sealed = Object.keys(seal.files)
  const unread = sealed.filter(file => !good.has(stamp(file)))
  const before = sealed.map(stamp)
  for (const file of unread) {
    const digest = digestOf(join(output, file))
    if (digest !== seal.files[file])
      throw damaged(output, `${file} has the digest ${digest}, not ${seal.files[file]}`)
  }
  if (unread.length > 0) writeStamps(output, before)
  return seal
}

function parseSeal(output: string): Seal {
  const file = join(output, sealName)
  if (!existsSync(file)) {
    throw new UserError(
      `${file} is missing: build the image first, 'npx turbo run build --filter=${nameOf(output)}'`,
    )
  }
  let value: { digest?: unknown } & Partial<Seal>
  try {
    value = JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    throw damaged(output, `${sealName} is not JSON`)
  }
  const { digest, ...seal } = value ?? {}
  if (!seal.files || !seal.madeOf || digest !== digestOfSeal(seal as Seal)) {
    throw damaged(output, `${sealName} is not what was written`)
  }
  return seal as Seal
}

/** The image that an output is of, by where it lies. */
const nameOf = (output: string) => output.split('/').at(-3)

function damaged(output: string, what: string): UserError {
  return new UserError(
    `${output} is damaged: ${what}; run 'npx turbo run build --force --only --filter=${nameOf(output)}' to make it again`,
  )
}

function digestOfSeal({ image, platform, madeOf, inputs, tasks, files }: Seal): string {
  const text = JSON.stringify({ image, platform, madeOf, inputs, tasks, files })
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
const stampsOf = (output: string) => join(dirname(dirname(output)), 'work', 'proven', basename(output))

function readStamps(output: string): Set<string> {
  const file = stampsOf(output)
  return new Set(existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [])
}

function writeStamps(output: string, stamps: readonly string[]): void {
  const file = stampsOf(output)
  mkdirSync(dirname(file), { recursive: true })
  const aside = `${file}.${process.pid}`
  writeFileSync(aside, stamps.join('\n'))
  renameSync(aside, file)
}
