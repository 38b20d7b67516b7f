import { createHash } from 'node:crypto'
import { lstatSync } from 'node:fs'
import { mkdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import type { Download } from '../../../scripts/lib/debian-archive.ts'
import { UserError } from '../../../scripts/lib/errors.ts'

/**
 * Packages of the npm registry that this machine's npm is set up with, by npm's own client; by source, each
 * tarball in `folder`, where it stays for the next time.
 * @param sources `NAME@VERSION sha512-BASE64` each
 * @throws UserError when npm cannot fetch one, or its bytes are not those that are pinned
 */
export async function fetchNpm(sources: Iterable<string>, folder: string): Promise<Map<string, Download>> {
  await mkdir(folder, { recursive: true })
  const tarballs = new Map<string, Download>()
  for (const source of new Set(sources)) {
    const [spec, integrity] = source.split(' ') as [string, string]
    const kept = join(folder, `${spec.replaceAll('/', '-')}.tgz`)
    if ((await integrityOf(kept)) !== integrity) await pack(spec, integrity, kept)
    tarballs.set(source, { path: kept, digest: integrity })
  }
  return tarballs
}

async function pack(spec: string, integrity: string, kept: string): Promise<void> {
  const aside = `${kept}.part`
  await rm(aside, { recursive: true, force: true })
  await mkdir(aside)
  // Away from this repository: inside a workspace npm would pack that.
  const { stdout } = await execa('npm', ['pack', spec, '--silent', '--pack-destination', aside], {
    cwd: aside,
  }).catch(error => {
    throw new UserError(
      `npm cannot fetch ${spec}, which the lab is made of:\n${error.stderr || error.message}`,
    )
  })
  const made = join(aside, stdout.trim().split('\n').at(-1)!)
  const actual = await integrityOf(made)
  if (actual !== integrity) {
    throw new UserError(`${spec} of the npm registry has the integrity ${actual}; ${integrity} is pinned`)
  }
  await rm(kept, { recursive: true, force: true })
  await rename(made, kept)
  await rm(aside, { recursive: true })
}

/** Undefined where there is no such file, or something else in its place. */
async function integrityOf(file: string): Promise<string | undefined> {
  if (!lstatSync(file, { throwIfNoEntry: false })?.isFile()) return undefined
  return `sha512-${createHash('sha512')
    .update(await readFile(file))
    .digest('base64')}`
}
