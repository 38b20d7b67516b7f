import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../scripts/testing/loopback.ts'

/**
 * A real registry (Debian's docker-registry) on a free port of the loopback address, empty, until `stop`; `auth` is that
 * part of its configuration.
 */
export async function startRegistry(auth?: object) {
  const folder = mkdtempSync(join(tmpdir(), 'registry-'))
  const host = `127.0.0.1:${await freePort()}`
  const config = join(folder, 'config.json')
  const storage = { filesystem: { rootdirectory: join(folder, 'data') } }
  writeFileSync(
    config,
    JSON.stringify({ version: '0.1', log: { level: 'error' }, storage, auth, http: { addr: host } }),
  )
  const server = spawn('docker-registry', ['serve', config], { stdio: 'ignore' })
  await waitFor(`http://${host}/v2/`)
  return {
    host,
    folder,
    /** Copies the image of a self-contained layout to `host/name`. */
    push(layout: string, name: string): void {
      execFileSync(
        'skopeo',
        ['copy', '--dest-tls-verify=false', `oci:${layout}:latest`, `docker://${host}/${name}`],
        {
          stdio: 'pipe',
        },
      )
    },
    stop(): void {
      server.kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function waitFor(url: string): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (
      await fetch(url).then(
        answer => answer.ok || answer.status === 401,
        () => false,
      )
    )
      return
    await sleep(100)
  }
  throw new Error(`no answer from ${url}: is the package docker-registry installed?`)
}
