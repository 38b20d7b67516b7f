import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import { UserError } from '../lib/errors.ts'
import { repoRoot } from '../lib/paths.ts'

/** Writes a file that is made from others; when it is only to be `checked`, throws UserError where it is not up to date. */
export function keepText(file: string, text: string, checked: boolean, command: string): void {
  const before = existsSync(file) ? readFileSync(file, 'utf8') : ''
  if (before === text) return
  if (checked) throw new UserError(`${relative(repoRoot, file)} is not up to date: run '${command}'`)
  writeFileSync(file, text)
}
