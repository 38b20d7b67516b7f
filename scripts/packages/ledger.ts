import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { UserError } from '../lib/errors.ts'
import { inRepo } from '../lib/paths.ts'
import { ledgerName, listsFolder } from '../rpm/package-list.ts'

/** The sizes that are checked in beside the lists: what the trend is measured from. All in bytes. */
export interface Ledger {
  readonly images?: Readonly<Record<string, { readonly download: number; readonly installed: number }>>
  /** Installed, by line of the lists. */
  readonly packages?: Readonly<Record<string, number>>
}

export const ledgerFile = (distro: string, folder: string) => join(listsFolder, distro, folder, ledgerName)

/** An empty one where none is checked in yet. */
export function readLedger(distro: string, folder: string): Ledger {
  const file = ledgerFile(distro, folder)
  if (!existsSync(inRepo(file))) return {}
  try {
    return JSON.parse(readFileSync(inRepo(file), 'utf8')) as Ledger
  } catch {
    throw new UserError(`${file} is not JSON: run 'npm run size -- --record', which writes it anew`)
  }
}

export function writeLedger(distro: string, folder: string, { images = {}, packages = {} }: Ledger): void {
  const file = inRepo(ledgerFile(distro, folder))
  const sorted = <T>(record: Readonly<Record<string, T>>) =>
    Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)))
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${JSON.stringify({ images: sorted(images), packages: sorted(packages) }, null, 2)}\n`)
}
