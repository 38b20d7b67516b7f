import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '../lib/temporary-folder.ts'
import { blobPath } from '../oci/blobs.ts'
import type { Options } from '../registry/client.ts'
import { usualLimits } from '../registry/limits.ts'
import { pull } from '../registry/pull.ts'
import { type Handler, type scriptedRegistry, sha256, smallImage } from './scripted-registry.ts'

const folder = temporaryFolder()
export const limits = { ...usualLimits, pause: 2 }
export const image = smallImage()
export const basic = (user: string) => `Basic ${btoa(`${user}:word`)}`

export type Registry = Awaited<ReturnType<typeof scriptedRegistry>>

/** Options with a login for a host. */
export function loggedIn(host: string, entry: object = { auth: btoa('me:word') }): Options {
  const file = join(mkdtempSync(join(folder, 'login-')), 'auth.json')
  writeFileSync(file, JSON.stringify({ auths: { [host]: entry } }))
  return { limits, files: [{ file, named: true, needed: true, legacy: false }], trusted: [] }
}

/** Pulls, and checks that what the registry has is there byte for byte. */
export async function pulls(
  registry: Registry,
  options: Options = { limits, files: [] },
  of = image,
): Promise<void> {
  const layout = mkdtempSync(join(folder, 'layout-'))
  try {
    await pull(registry.reference, 'linux/amd64', layout, options)
  } finally {
    registry.stop()
  }
  assert.deepEqual(readFileSync(blobPath(layout, sha256(of.layer))), of.layer)
  assert.deepEqual(readFileSync(blobPath(layout, sha256(of.config))), of.config)
}

export const tokensOf = ({ asked }: Registry) => asked.filter(({ path }) => path.startsWith('/token'))

/** The first times another answer, then the usual one. */
export function first(times: number, handler: Handler): Handler {
  return (request, response) => {
    if (times-- > 0) handler(request, response)
  }
}
