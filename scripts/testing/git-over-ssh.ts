import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { needProgram } from '../setup/test-programs.ts'
import { makeRepository } from './git-repository.ts'
import { freePort, listening } from './loopback.ts'

/**
 * A private repository behind a real sshd on this machine's loopback address, until `stop`.
 * @returns its URL, and the folder that who may read it has as ~/.ssh: a key and known_hosts
 * @throws UserError where sshd is not installed
 */
export async function serveOverSsh() {
  for (const name of ['sshd', 'ssh-keygen']) needProgram(name)
  // It refuses to be started by a relative path, or through a link.
  const program = '/usr/sbin/sshd'
  const folder = mkdtempSync(join(tmpdir(), 'git-ssh-'))
  const [keys, hostKey, config] = ['keys', 'host', 'config'].map(name => join(folder, name)) as [
    string,
    string,
    string,
  ]
  mkdirSync(keys)
  for (const file of [hostKey, join(keys, 'id_ed25519')])
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file])
  const port = await freePort()
  writeFileSync(join(keys, 'known_hosts'), `[127.0.0.1]:${port} ${readFileSync(`${hostKey}.pub`, 'utf8')}`)
  const settings = {
    Port: port,
    ListenAddress: '127.0.0.1',
    HostKey: hostKey,
    AuthorizedKeysFile: join(keys, 'id_ed25519.pub'),
    AuthenticationMethods: 'publickey',
    PermitRootLogin: 'prohibit-password',
    // The folder is in /tmp, where anyone could write.
    StrictModes: 'no',
    PidFile: 'none',
  }
  writeFileSync(
    config,
    Object.entries(settings)
      .map(setting => `${setting.join(' ')}\n`)
      .join(''),
  )
  // Where sshd as root locks itself up until it knows who is there.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 })
  const server = spawn(program, ['-D', '-f', config], { stdio: 'ignore' })
  await listening(port, 'sshd')
  return {
    url: `ssh://${userInfo().username}@127.0.0.1:${port}${makeRepository(folder)}`,
    keys,
    stop() {
      server.kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
