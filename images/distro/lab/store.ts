import { createHash } from 'node:crypto'
import { existsSync, lstatSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Download } from '../../../scripts/lib/debian-archive.ts'
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

/** What of ours makes an RPM. */
const RECIPE =
  'catalog.ts convert.ts multicall.c multicall.ts python.ts spec.ts unpack.ts toolchain.ts repo.ts signing-key.asc'.split(
    ' ',
  )

/**
 * @param downloads by Debian package its .deb, and by source in the npm registry its tarball
 * @param common all else that every RPM depends on: tools, time, architecture
 */
export async function openStore(
  home: string,
  { shared }: Catalog,
  downloads: Map<string, Download>,
  common: readonly string[],
): Promise<Store> {
  const base = createHash('sha256').update(JSON.stringify([common, [...shared]]))
  for (const file of RECIPE) {
    base.update(await readFile(join(import.meta.dirname, file)))
  }
  const used = new Set<string>()
  async function keyOf(plan: RpmPlan): Promise<string> {
    const sources = [...plan.from, ...(plan.npm ? [plan.npm] : [])].map(name => downloads.get(name)!.digest)
    const hash = base.copy().update(JSON.stringify([plan, sources]))
    await hashTree(join(FILES, plan.name), hash)
    const key = hash.digest('hex')
    used.add(key)
    return key
  }
  return {
    async restore(plan, folder) {
      const key = await keyOf(plan)
      const [file, seal] = await filesIn(join(home, key))
      if (!file || !seal) return false
      // Read once: what was checked is what is written.
      const content = await readFile(join(home, key, file))
      if (seal !== sealOf(key, file, content)) return false
      await writeFile(join(folder, file), content)
      return true
    },
    async keep(plan, rpm) {
      const key = await keyOf(plan)
      const [entry, aside, file] = [join(home, key), join(home, `${key}.part`), basename(rpm)]
      const content = await readFile(rpm)
      await rm(aside, { recursive: true, force: true })
      await mkdir(aside, { recursive: true })
      await writeFile(join(aside, file), content)
      await writeFile(join(aside, sealOf(key, file, content)), '')
      await rm(entry, { recursive: true, force: true })
      await rename(aside, entry)
    },
    async prune() {
      for (const key of existsSync(home) ? await readdir(home) : []) {
        if (!used.has(key)) await rm(join(home, key), { recursive: true })
      }
    },
  }
}

/** The RPM, before the file whose name seals it; empty where the entry is anything else. */
async function filesIn(entry: string): Promise<string[]> {
  if (!lstatSync(entry, { throwIfNoEntry: false })?.isDirectory()) return []
  const files = await readdir(entry, { withFileTypes: true })
  if (files.length !== 2 || files.some(file => !file.isFile())) return []
  const [a, b] = files.map(({ name }) => name) as [string, string]
  return a.endsWith('.rpm') ? [a, b] : [b, a]
}

/** Of the bytes, the name and the place, so that no entry can stand for another. */
function sealOf(key: string, file: string, content: Buffer): string {
  return createHash('sha256')
    .update(JSON.stringify([key, file]))
    .update(content)
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
