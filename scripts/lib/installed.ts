import { existsSync } from 'node:fs'
import { UserError } from './errors.ts'
import { inRepo } from './paths.ts'

/**
 * Path of a program of node_modules, such as turbo. Never through npx, which offers a stranger's program of that name
 * where ours is not installed. Throws UserError that says how to install it.
 */
export function installed(program: string): string {
  const file = inRepo('node_modules', '.bin', program)
  if (existsSync(file)) return file
  throw new UserError(`${program} is not installed in node_modules: run 'npm ci --include=dev'`)
}
