import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FileEntry } from './files.ts'

/** Where an image's list of files lies, one JSON object a line. */
export const filesList = (dist: string, platformFolder: string) => join(dist, platformFolder, 'files.jsonl')

export function writeFiles(file: string, files: readonly FileEntry[]): void {
  writeFileSync(file, files.map(entry => `${JSON.stringify(entry)}\n`).join(''))
}

export function readFiles(file: string): FileEntry[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line) as FileEntry)
}
