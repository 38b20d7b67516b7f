import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeRepository } from './git-repository.ts'
import { freePort, listening } from './loopback.ts'

/**
 * A repository behind git's own http server and TLS on this machine's loopback address, until `stop`.
 * @returns its URL, and the PEM certificate of the authority that vouches for the server
 */
export async function serveOverHttps() {
  const folder = mkdtempSync(join(tmpdir(), 'git-https-'))
  const { key, cert, authority } = makeCertificate(folder)
  makeRepository(folder)
  const port = await freePort()
  const server = createServer({ key, cert }, (request, response) => answer(folder, request, response))
  server.listen(port, '127.0.0.1')
  await listening(port, 'the https server')
  return {
    url: `https://127.0.0.1:${port}/repository.git`,
    authority,
    stop() {
      server.close()
      server.closeAllConnections()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A certificate for 127.0.0.1 that an authority of its own has signed. */
function makeCertificate(folder: string) {
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

/** git's http server is a CGI program: the request as environment and input, headers and content as output. */
function answer(folder: string, request: IncomingMessage, response: ServerResponse): void {
  const [path, query = ''] = request.url!.split('?')
  const env = {
    PATH: '/usr/bin:/bin',
    GIT_PROJECT_ROOT: folder,
    GIT_HTTP_EXPORT_ALL: '1',
    REQUEST_METHOD: request.method,
    PATH_INFO: path,
    QUERY_STRING: query,
    CONTENT_TYPE: request.headers['content-type'],
    HTTP_CONTENT_ENCODING: request.headers['content-encoding'],
    GIT_PROTOCOL: request.headers['git-protocol']?.toString(),
  }
  const backend = spawn('git', ['http-backend'], { env, stdio: ['pipe', 'pipe', 'ignore'] })
  request.pipe(backend.stdin)
  const chunks: Buffer[] = []
  backend.stdout.on('data', chunk => chunks.push(chunk))
  backend.on('close', () => {
    const output = Buffer.concat(chunks)
    const end = output.indexOf('\r\n\r\n')
    const headers = output
      .subarray(0, end)
      .toString()
      .split('\r\n')
      .map(line => line.split(': ') as [string, string])
    const status = headers.find(([name]) => name === 'Status')?.[1] ?? '200'
    response.writeHead(Number.parseInt(status, 10), Object.fromEntries(headers))
    response.end(output.subarray(end + 4))
  })
}
