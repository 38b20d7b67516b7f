import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { UserError } from '../../scripts/lib/errors.ts'
import { privateRepo, sshKeyFolder } from '../../scripts/lib/settings.ts'
import { serveOverHttps } from '../../scripts/testing/git-over-https.ts'
import { serveOverSsh } from '../../scripts/testing/git-over-ssh.ts'
import { commitMessage } from '../../scripts/testing/git-repository.ts'
import { testImage } from '../../scripts/testing/image-test.ts'
import { openSubject } from '../../scripts/testing/test-subject.ts'

const { image } = await openSubject()
const bundle = '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem'
const clone = (url: string) => ({ run: ['git', 'clone', '--quiet', url, '/tmp/clone'] })
const log = (format: string) => ({ run: ['git', '-C', '/tmp/clone', 'log', '-1', `--format=${format}`] })

/** A sshd of our own, or the real host that PRIVATE_REPO is on. */
async function sshHost() {
  const [url, keys] = [privateRepo(), sshKeyFolder()]
  if (!url && !keys) return serveOverSsh()
  if (url && keys) return { url, keys, stop() {} }
  throw new UserError(
    'PRIVATE_REPO and SSH_KEY_FOLDER go together: set both, or neither for an sshd of this machine',
  )
}

const ssh = await sshHost()
const https = await serveOverHttps()
const folder = mkdtempSync(join(tmpdir(), 'git-test-'))
const trusting = join(folder, 'bundle.pem')
writeFileSync(trusting, image.read(bundle).toString() + https.authority)
after(() => {
  for (const host of [ssh, https]) host.stop()
  rmSync(folder, { recursive: true, force: true })
})

testImage({
  // Users run it.
  shell: true,
  files: {
    '/usr/bin/bash': 'present',
    // Left out with the rest of their packages.
    '/usr/lib64/libsystemd.so.0': 'absent',
    '/usr/sbin/saslpasswd2': 'absent',
  },
  run: [
    {
      name: 'clones a private repository over ssh with a key',
      network: 'host',
      add: { '/root/.ssh': ssh.keys },
      steps: [clone(ssh.url), log('%H %s')],
      stdout: privateRepo() ? /^[0-9a-f]{40} / : new RegExp(`^[0-9a-f]{40} ${commitMessage}$`, 'm'),
    },
    {
      name: 'is not let in without the key',
      network: 'host',
      env: { GIT_SSH_COMMAND: 'ssh -o BatchMode=yes -o StrictHostKeyChecking=no' },
      argv: ['git', 'clone', '--quiet', ssh.url, '/tmp/clone'],
      exitCode: 128,
      stderr: /Permission denied \(publickey/,
    },
    {
      name: 'clones over https from a host that the certificates vouch for',
      network: 'host',
      add: { [bundle]: trusting },
      steps: [clone(https.url), log('%s')],
      stdout: new RegExp(`^${commitMessage}$`, 'm'),
    },
    {
      name: 'refuses a host that they do not vouch for',
      network: 'host',
      argv: ['git', 'clone', '--quiet', https.url, '/tmp/clone'],
      exitCode: 128,
      stderr: /certificate verif/,
    },
    {
      name: 'commits, signed with a key of gpg',
      steps: [
        { run: ['git', 'init', '--quiet', '/tmp/own'] },
        { run: ['gpg', '--batch', '--quiet', '--passphrase', '', '--quick-gen-key', 'a@localhost'] },
        {
          run: [
            ...['git', '-C', '/tmp/own', '-c', 'user.name=A', '-c', 'user.email=a@localhost'],
            ...[
              '-c',
              'user.signingkey=a@localhost',
              'commit',
              '--allow-empty',
              '--quiet',
              '-S',
              '-m',
              'signed',
            ],
          ],
        },
        { run: ['git', '-C', '/tmp/own', 'verify-commit', 'HEAD'] },
      ],
      stderr: /Good signature from "a@localhost"/,
    },
  ],
})
