import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, openSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { UserError } from '../lib/errors.ts'
import { withLock } from '../lib/lock.ts'
import { inRepo } from '../lib/paths.ts'
import { capture } from '../lib/run.ts'
import { installPackages } from './debian-packages.ts'
import { unpackedDebs } from './unpacked-debs.ts'

const home = inRepo('work', 'docker')
const socket = join(home, 'docker.sock')
const debian = {
  suite: 'trixie',
  packages: ['docker.io', 'docker-cli', 'docker-buildx', 'containerd', 'tini'],
  what: 'a Docker Engine',
}

const configuration = {
  features: { 'containerd-snapshotter': true },
  // Turbo keeps what was built; this only saves steps, and the whole catalogue's take 12 GB.
  builder: { gc: { enabled: true, defaultKeepStorage: '4GB' } },
}

/**
 * A Docker Engine from Debian 13's packages, unpacked beside the system and started on a data root of its own: for
 * machines that have none, or one too old. It has no network of its own making, so nothing of the system changes.
 */
export async function startPrivateDocker(): Promise<void> {
  if (process.getuid?.() !== 0)
    throw new UserError('a Docker Engine of its own needs root: start Docker yourself, or set ENGINE=buildah')
  await withLock(join(home, 'lock'), 'starting a Docker Engine', start)
}

async function start(): Promise<void> {
  // Programs that root runs: every byte is looked at each time, and what has changed is unpacked anew.
  const programs = await unpackedDebs(home, debian, stopPrivateDocker)
  if (await isPrivateDockerUp()) return
  // The system's: one from Debian 13 wants a newer C library than Debian 12 has.
  const runc = await capture({ argv: ['sh', '-c', 'command -v runc'] })
  if (runc.exitCode !== 0) await installPackages(['runc'], 'yes')
  for (const name of ['config', 'data', 'run']) mkdirSync(join(home, name), { recursive: true })
  writeFileSync(join(home, 'daemon.json'), JSON.stringify(configuration))
  const plugins = join(programs, 'usr/libexec/docker/cli-plugins')
  writeFileSync(join(home, 'config/config.json'), JSON.stringify({ cliPluginsExtraDirs: [plugins] }))
  startDaemon(programs)
  for (let tries = 0; tries < 150; tries++) {
    if (await isPrivateDockerUp()) return
    await sleep(200)
  }
  throw new UserError(`the Docker daemon did not start: the end of ${home}/log says why`)
}

/** Ends the daemon, if it runs; its images stay. */
export async function stopPrivateDocker(): Promise<void> {
  if (!existsSync(join(home, 'pid'))) return
  const pid = readFileSync(join(home, 'pid'), 'utf8').trim()
  const program = existsSync(`/proc/${pid}/cmdline`) ? readFileSync(`/proc/${pid}/cmdline`, 'utf8') : ''
  // After a crash the number may be some other program's.
  if (program.includes('dockerd')) process.kill(Number(pid), 'SIGTERM')
  else rmSync(join(home, 'pid'))
  for (let tries = 0; tries < 100 && existsSync(join(home, 'pid')); tries++) await sleep(100)
  rmSync(socket, { force: true })
}

/** Where it listens, once it was started: the real path, of which a socket's has at most 107 characters. */
export const privateDockerSocket = () => realpathSync(socket)

/** True when the daemon that setup started answers, within ten seconds. */
export async function isPrivateDockerUp(): Promise<boolean> {
  if (!existsSync(socket)) return false
  // Asked without its own client, which is not looked at before each call.
  const ping = request({ socketPath: privateDockerSocket(), path: '/_ping' }).end()
  try {
    const [response] = await once(ping, 'response', { signal: AbortSignal.timeout(10_000) })
    return response.resume().statusCode === 200
  } catch {
    return false
  } finally {
    ping.destroy()
  }
}

function startDaemon(programs: string): void {
  const log = openSync(join(home, 'log'), 'a')
  const flags = {
    'config-file': join(home, 'daemon.json'),
    'data-root': join(home, 'data'),
    'exec-root': join(home, 'run'),
    pidfile: join(home, 'pid'),
    host: `unix://${socket}`,
    iptables: 'false',
    ip6tables: 'false',
    bridge: 'none',
  }
  const daemon = spawn(
    join(programs, 'usr/sbin/dockerd'),
    Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`),
    {
      detached: true,
      stdio: ['ignore', log, log],
      env: {
        ...process.env,
        PATH: `${join(programs, 'usr/bin')}:${join(programs, 'usr/sbin')}:${process.env.PATH}`,
      },
    },
  )
  daemon.unref()
}
