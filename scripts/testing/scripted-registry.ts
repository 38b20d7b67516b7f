import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'

export type Handler = (request: IncomingMessage, response: ServerResponse) => void

export const sha256 = (bytes: Buffer | string) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`
const oci = 'application/vnd.oci.image'

/** A small image of one empty layer, as the three blobs that a registry keeps of it. */
export function smallImage(change: object = {}, platform: object = { os: 'linux', architecture: 'amd64' }) {
  const layer = gzipSync(Buffer.alloc(1024))
  const rootfs = { type: 'layers', diff_ids: [sha256(Buffer.alloc(1024))] }
  const config = Buffer.from(JSON.stringify({ ...platform, config: {}, rootfs }))
  const manifest = {
    schemaVersion: 2,
    mediaType: `${oci}.manifest.v1+json`,
    config: describe(config, `${oci}.config.v1+json`),
    layers: [describe(layer, `${oci}.layer.v1.tar+gzip`)],
    ...change,
  }
  return { layer, config, manifest }
}

export const describe = (bytes: Buffer, mediaType: string) => ({
  mediaType,
  digest: sha256(bytes),
  size: bytes.length,
})

/** Sends JSON. */
export const json = (value: unknown, headers = {}) => sends(200, JSON.stringify(value), headers)

export function sends(status: number, body: string | Buffer = '', headers = {}): Handler {
  return (_, response) => {
    response.writeHead(status, { 'content-length': Buffer.byteLength(body), ...headers }).end(body)
  }
}

/**
 * A registry on the loopback address that answers as told: `manifest`, `config`, `layer` and `token` stand in for what a
 * good one would say, `other` answers for all else, by its path.
 */
export async function scriptedRegistry(
  answers: Partial<Record<'manifest' | 'config' | 'layer' | 'token' | 'first', Handler>> = {},
  { layer, config, manifest } = smallImage(),
  other: Readonly<Record<string, Handler>> = {},
) {
  const asked: {
    path: string
    authorization: string | undefined
    range: string | undefined
    body: string
  }[] = []
  const usual: Record<string, Handler> = {
    [`/v2/x/blobs/${sha256(config)}`]: answers.config ?? sends(200, config),
    [`/v2/x/blobs/${sha256(layer)}`]: answers.layer ?? sends(200, layer),
    '/v2/x/manifests/1': answers.manifest ?? json(manifest, { 'content-type': manifest.mediaType }),
    '/token': answers.token ?? json({ token: 'good' }),
    ...other,
  }
  const listener: RequestListener = (request, response) => {
    const path = request.url!.replace(/\?.*/, '')
    let body = ''
    request.on('data', chunk => {
      body += chunk
    })
    request.on('end', () => {
      const { authorization, range } = request.headers
      asked.push({ path: request.url!, authorization, range, body })
      response.on('error', () => {})
      const answer = usual[path] ?? sends(404)
      const guard = path.startsWith('/v2/') ? answers.first : undefined
      guard?.(request, response)
      if (!response.headersSent && !response.destroyed) answer(request, response)
    })
  }
  const server = createServer(listener)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    host,
    reference: `${host}/x:1`,
    asked,
    stop() {
      server.close()
      server.closeAllConnections()
    },
  }
}

/** Wants a token of the server at `/token`, and takes the one that is `good`. */
export const wantsToken =
  (good: () => string = () => 'good', challenge?: string): Handler =>
  (request, response) => {
    if (request.headers.authorization === `Bearer ${good()}`) return
    const realm = `http://${request.headers.host}/token`
    const header = challenge ?? `Bearer realm="${realm}",service="s",scope="repository:x:pull"`
    response.writeHead(401, { 'www-authenticate': header }).end()
  }
