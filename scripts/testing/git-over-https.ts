import { spawn } from 'node:child_process'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { temporaryFolder } from '../lib/temporary-folder.ts'
import { makeRepository } from './git-repository.ts'
import { serveHttps } from './https-server.ts'

/**
 * A repository behind git's own http server and TLS on this machine's loopback address, until `stop`.
 * @returns its URL, and the PEM certificate of the authority that vouches for the server
 */
export async function serveOverHttps() {
  const folder = temporaryFolder()
  makeRepository(folder)
  const { url, ...server } = await serveHttps((request, response) => answer(folder, request, response))
  return { ...server, url: `${url}/repository.git` }
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
