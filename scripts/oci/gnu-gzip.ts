import { execFileSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { UserError } from '../lib/errors.ts'
import { searchPath } from '../lib/settings.ts'

let found: string | undefined

/**
 * The path of GNU gzip, whose bytes are the same for every version and processor: the first on PATH that says it is.
 * Other programs of that name, such as pigz, write other bytes. Throws UserError when there is none.
 */
export function gnuGzip(): string {
  found ??= searchPath()
    .split(delimiter)
    .map(folder => join(folder, 'gzip'))
    .find(isGnu)
  if (found) return found
  throw new UserError(
    'no gzip on PATH is GNU gzip, and another one would give images another digest: install the package gzip',
  )
}

function isGnu(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    const said = execFileSync(file, ['--version'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 5000,
    })
    return /^gzip [\d.]+.*\n.*Free Software Foundation/.test(said)
  } catch {
    return false
  }
}
