import { existsSync } from 'node:fs'
import {
  isPrivateDockerUp,
  privateDockerSocket,
  startPrivateDocker,
  stopPrivateDocker,
} from '../setup/private-docker.ts'

const machines = '/var/run/docker.sock'

/**
 * The socket of a Docker daemon, the machine's or one of our own, and what has to be called afterwards: it ends a daemon
 * that was started just for this.
 */
export async function dockerDaemon(): Promise<{ socket: string; end: () => Promise<void> }> {
  if (existsSync(machines)) return { socket: machines, end: async () => {} }
  const wasUp = await isPrivateDockerUp()
  if (!wasUp) await startPrivateDocker()
  return { socket: privateDockerSocket(), end: async () => (wasUp ? undefined : stopPrivateDocker()) }
}
