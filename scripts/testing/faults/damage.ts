import { randomUUID } from 'node:crypto'
import {
  cpSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { FaultBench } from './bench.ts'
import type { Injected } from './fault.ts'

/** Ways in which a file goes bad. Each takes the path of a file that nobody else has a link to. */
export const damages: Readonly<Record<string, (file: string, at: number) => void>> = {
  'one bit flipped, size and time kept': flip,
  'the last byte cut off': file => truncateSync(file, Math.max(0, lstatSync(file).size - 1)),
  'one byte more': file => writeFileSync(file, Buffer.concat([readFileSync(file), Buffer.from(' ')])),
  'cut in half': file => truncateSync(file, lstatSync(file).size >> 1),
  empty: file => truncateSync(file, 0),
  'all zeros': file => writeFileSync(file, Buffer.alloc(lstatSync(file).size)),
  garbage: file => writeFileSync(file, '\u0000{]\xff<<<'),
  deleted: file => rmSync(file),
  'a folder in its place': file => {
    rmSync(file)
    mkdirSync(file)
  },
  'a link to nowhere in its place': file => {
    rmSync(file)
    symlinkSync('nowhere', file)
  },
  'a link to itself in its place': file => {
    rmSync(file)
    symlinkSync(basename(file), file)
  },
  renamed: file => renameSync(file, join(dirname(file), `${basename(file)}.old`)),
}

/** Flips a bit at the byte `at`, which is taken round the file's size, and keeps its times. */
export function flip(file: string, at = 0): void {
  const { atime, mtime } = lstatSync(file)
  const bytes = readFileSync(file)
  const index = at % bytes.length
  bytes[index] = bytes[index]! ^ 1
  writeFileSync(file, bytes)
  utimesSync(file, atime, mtime)
}

/** Makes a file, which may be a hard link, one of its own, keeps what it was, and returns what puts that back. */
export function own(bench: FaultBench, file: string): () => void {
  const aside = bench.path('aside', randomUUID())
  mkdirSync(dirname(aside), { recursive: true })
  renameSync(file, aside)
  cpSync(aside, file, { preserveTimestamps: true, recursive: true, verbatimSymlinks: true })
  return () => {
    rmSync(file, { recursive: true, force: true })
    rmSync(`${file}.old`, { recursive: true, force: true })
    renameSync(aside, file)
  }
}

/** What a fault that damages one file in one of the ways above injects. */
export function damaged(bench: FaultBench, file: string, damage: string, at = 0): Injected {
  const undo = own(bench, file)
  damages[damage]!(file, at)
  return { undo }
}
