import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Absolute path of the repository's root. */
export const repoRoot = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')

/** `inRepo('docs', 'parity')` → absolute path below the root. */
export function inRepo(...parts: string[]): string {
  return join(repoRoot, ...parts)
}
