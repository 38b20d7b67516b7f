import { requireVersion } from '../build/engines/version.ts'
import { UserError } from '../lib/errors.ts'
import { capture } from '../lib/run.ts'
import { installPackages, type Leave } from './debian-packages.ts'

/** What was looked for, what was found, and whether that will do. */
export interface Row {
  readonly what: string
  readonly found: string
  readonly ok: boolean
}

export function printTable(rows: readonly Row[]): void {
  const width = Math.max(...rows.map(({ what }) => what.length)) + 2
  for (const { what, found, ok } of rows) console.log(`${ok ? ' ok ' : '  - '} ${what.padEnd(width)}${found}`)
}

export function nodeVersion(): Row {
  requireVersion('Node.js', process.versions.node, '20.20')
  return { what: 'Node.js', found: process.versions.node, ok: true }
}

/** The programs that every build calls, and the Debian package of each. */
const needed = { tar: 'tar', gzip: 'gzip' }

export async function tools(leave: Leave): Promise<Row[]> {
  const missing = []
  for (const [program, name] of Object.entries(needed)) if (!(await isHere(program))) missing.push(name)
  if (missing.length > 0) await installPackages(missing, leave)
  return [
    { what: Object.keys(needed).join(', '), found: missing.length > 0 ? 'installed now' : 'here', ok: true },
  ]
}

async function isHere(program: string): Promise<boolean> {
  try {
    return (await capture({ argv: [program, '--version'] })).exitCode === 0
  } catch (error) {
    if (error instanceof UserError) return false
    throw error
  }
}
