import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Catalog, RpmPlan } from './catalog.ts'
import { FILES } from './toolchain.ts'

/** The signed RPMs of earlier runs: a change of one package makes one package. */
export interface Store {
  /** Puts the RPM that was made of the same into `folder`; false if there is none, or its bytes have changed. */
  restore(plan: RpmPlan, folder: string): Promise<boolean>
  /** Keeps the RPM of a plan, and forgets it when the next run does not ask for it. */
  keep(plan: RpmPlan, rpm: string): Promise<void>
  /** Deletes what this run neither restored nor kept. */
  prune(): Promise<void>
}

/**
 * @param debs Debian package → path of its .deb
 * @param common all else that every RPM depends on: tools, time, architecture
 */
export async function openStore(
  home: string,
  { shared }: Catalog,
  debs: Map<string, string>,
  common: readonly string[],
): Promise<Store> {
  const base = createHash('sha256').update(JSON.stringify([common, [...shared]]))
  for (const file of ['catalog.ts', 'convert.ts', 'spec.ts', 'unpack.ts', 'repo.ts', 'signing-key.asc']) {
    base.update(await readFile(join(import.meta.dirname, file)))
  }
  const used = new Set<string>()
  async function entryOf(plan: RpmPlan): Promise<string> {
    const sources = plan.from.map(name => basename(debs.get(name)!))
    const hash = base.copy().update(JSON.stringify([plan, sources]))
    await hashTree(join(FILES, plan.name), hash)
    const key = hash.digest('hex')
    used.add(key)
    return join(home, key)
  }
  return {
    async restore(plan, folder) {
      const entry = await entryOf(plan)
      const [file, digest] = existsSync(entry) ? (await readdir(entry)).sort(bySuffix) : []
      if (!file || digest !== (await digestOf(join(entry, file)))) return false
      await copyFile(join(entry, file), join(folder, file))
      return true
    },
    async keep(plan, rpm) {
      const entry = await entryOf(plan)
      await rm(`${entry}.part`, { recursive: true, force: true })
      await mkdir(`${entry}.part`, { recursive: true })
      await copyFile(rpm, join(`${entry}.part`, basename(rpm)))
      await writeFile(join(`${entry}.part`, await digestOf(rpm)), '')
      await rm(entry, { recursive: true, force: true })
      await rename(`${entry}.part`, entry)
    },
    async prune() {
      for (const key of existsSync(home) ? await readdir(home) : []) {
        if (!used.has(key)) await rm(join(home, key), { recursive: true })
      }
    },
  }
}

/** The RPM before the file whose name is its digest. */
const bySuffix = (a: string, b: string) => Number(b.endsWith('.rpm')) - Number(a.endsWith('.rpm'))

async function digestOf(file: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex')
}

async function hashTree(folder: string, hash: ReturnType<typeof createHash>): Promise<void> {
  if (!existsSync(folder)) return
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name))
  for (const file of files.sort()) {
    const executable = ((await stat(file)).mode & 0o100) !== 0
    hash.update(JSON.stringify([file.slice(folder.length), executable])).update(await readFile(file))
  }
}
