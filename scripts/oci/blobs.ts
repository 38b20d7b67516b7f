import { createHash } from 'node:crypto'
import { closeSync, copyFileSync, existsSync, linkSync, mkdirSync, openSync, readSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { UserError } from '../lib/errors.ts'

/** How OCI points at a blob. */
export interface Descriptor {
  readonly mediaType: string
  /** `sha256:…` */
  readonly digest: string
  /** Bytes. */
  readonly size: number
}

/** What to do about outputs that are damaged. */
export const rebuild = "run 'npx turbo run build --force' to make it again"

/** `sha256:…` of a file's bytes. */
export function digestOf(file: string): string {
  const hash = createHash('sha256')
  const chunk = Buffer.alloc(1 << 20)
  const fd = openSync(file, 'r')
  try {
    for (let count = 1; count > 0; ) {
      count = readSync(fd, chunk)
      hash.update(chunk.subarray(0, count))
    }
  } finally {
    closeSync(fd)
  }
  return `sha256:${hash.digest('hex')}`
}

/** Where a layout keeps a blob. */
export function blobPath(layout: string, digest: string): string {
  return join(layout, 'blobs', ...digest.split(':'))
}

/** The path of a blob in the first of `layouts` that has it. Throws UserError when none does. */
export function findBlob(layouts: readonly string[], digest: string): string {
  const path = layouts.map(layout => blobPath(layout, digest)).find(existsSync)
  if (path) return path
  throw new UserError(`blob ${digest} is missing from ${layouts.join(', ')}: ${rebuild}`)
}

/** Gives a blob a second name; copies where a hard link cannot reach. */
export function linkBlob(from: string, to: string): void {
  if (existsSync(to)) return
  mkdirSync(dirname(to), { recursive: true })
  try {
    linkSync(from, to)
  } catch {
    copyFileSync(from, to)
  }
}
