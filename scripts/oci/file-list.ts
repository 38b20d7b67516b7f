import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readJsonLines } from '../lib/json-lines.ts'
import { rebuild } from './blobs.ts'
import type { FileEntry } from './files.ts'

/** Where an image's list of files lies, one JSON object a line. */
export const filesList = (output: string) => join(output, 'files.jsonl')

export function writeFiles(file: string, files: readonly FileEntry[]): void {
  writeFileSync(file, files.map(entry => `${JSON.stringify(entry)}\n`).join(''))
}

/** Throws UserError for a list that is not there, or cut. */
export function readFiles(file: string): FileEntry[] {
  return readJsonLines<FileEntry>(file, 'an entry of a list of files', isEntry, rebuild)
}

const types: ReadonlySet<unknown> = new Set<FileEntry['type']>([
  'file',
  'dir',
  'symlink',
  'hardlink',
  'char',
  'block',
  'fifo',
])

const isEntry = ({
  path,
  type,
  mode,
  uid,
  gid,
  size,
  link,
  sha256,
}: Partial<Record<keyof FileEntry, unknown>>) =>
  typeof path === 'string' &&
  types.has(type) &&
  [mode, uid, gid, size].every(Number.isSafeInteger) &&
  [link, sha256].every(value => value === undefined || typeof value === 'string')
