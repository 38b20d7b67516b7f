import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { temporaryFolder } from '../lib/temporary-folder.ts'
import { needProgram } from '../setup/test-programs.ts'

/**
 * A TLS server on this machine's loopback address, until `stop`.
 * @returns its URL, and the PEM certificate of the authority that vouches for it
 */
export async function serveHttps(listener: RequestListener) {
  const { key, cert, authority } = makeCertificate(temporaryFolder())
  const server = createServer({ key, cert }, listener)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    authority,
    stop() {
      server.close()
      server.closeAllConnections()
    },
  }
}

/** A certificate for 127.0.0.1 that an authority of its own has signed. */
function makeCertificate(folder: string) {
  needProgram('openssl')
  const file = (name: string) => join(folder, name)
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe' })
  const withKey = (name: string) => ['-newkey', 'rsa:2048', '-nodes', '-keyout', file(name)]
  openssl('req', '-x509', ...withKey('ca.key'), '-out', file('ca.pem'), '-subj', '/CN=Test authority')
  openssl('req', ...withKey('key'), '-out', file('request'), '-subj', '/CN=127.0.0.1')
  writeFileSync(file('extensions'), 'subjectAltName=IP:127.0.0.1\n')
  const signer = [
    '-CA',
    file('ca.pem'),
    '-CAkey',
    file('ca.key'),
    '-CAcreateserial',
    '-extfile',
    file('extensions'),
  ]
  openssl('x509', '-req', '-in', file('request'), ...signer, '-out', file('cert'))
  const read = (name: string) => readFileSync(file(name), 'utf8')
  return { key: read('key'), cert: read('cert'), authority: read('ca.pem') }
}
