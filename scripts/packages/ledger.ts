import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import * as v from 'valibot'
import { parseJson, readText } from '../lib/json.ts'
import { inRepo } from '../lib/paths.ts'
import { count, mapOf, only } from '../lib/schema.ts'
import { ledgerName, listsFolder } from '../rpm/package-list.ts'

/** The sizes that are checked in beside the lists: what the trend is measured from. All in bytes. */
export interface Ledger {
  readonly images?: Readonly<Record<string, { readonly download: number; readonly installed: number }>>
  /** Installed, by line of the lists. */
  readonly packages?: Readonly<Record<string, number>>
}

const schema = only({
  images: v.exactOptional(mapOf(v.string(), only({ download: count, installed: count }))),
  packages: v.exactOptional(mapOf(v.string(), count)),
})

export const ledgerFile = (distro: string, folder: string) => join(listsFolder, distro, folder, ledgerName)

/** An empty one where none is checked in yet. */
export function readLedger(distro: string, folder: string): Ledger {
  const file = ledgerFile(distro, folder)
  if (!existsSync(inRepo(file))) return {}
  return parseLedger(readText(inRepo(file)), file)
}

/** `what` is what an error calls it. */
export const parseLedger = (text: string, what: string): Ledger =>
  parseJson(text, what, schema, "run 'npm run size -- --record', which writes it anew")

export function writeLedger(distro: string, folder: string, { images = {}, packages = {} }: Ledger): void {
  const file = inRepo(ledgerFile(distro, folder))
  const sorted = <T>(record: Readonly<Record<string, T>>) =>
    Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)))
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${JSON.stringify({ images: sorted(images), packages: sorted(packages) }, null, 2)}\n`)
}
