import { type Dispatcher, request } from 'undici'
import { quoted, RegistryError } from './errors.ts'
import type { Limits } from './limits.ts'
import { isPrivate } from './origin.ts'
import { dispatcherFor } from './proxy.ts'

export interface Ask {
  readonly method?: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

export interface Answer {
  /** What answered in the end, after redirects. */
  readonly url: URL
  readonly status: number
  /** All headers of a name, in lower case; one entry for each time that it was sent. */
  header(name: string): readonly string[]
  /** Throws RegistryError when it stalls, drips or breaks off. To be read, or discarded. */
  readonly body: AsyncIterable<Buffer>
  discard(): void
}

/**
 * One question and its answer, whatever its status. Follows redirects, with `authorization` only as long as they stay at
 * one origin, and never from https to http. Throws RegistryError when nobody answers; `signal` ends it at any time.
 */
export async function exchange(url: URL, ask: Ask, limits: Limits, signal: AbortSignal): Promise<Answer> {
  let headers = ask.headers
  for (let hops = 0, at = url; ; hops++) {
    const answer = await once(at, { ...ask, headers }, limits, signal)
    if (![301, 302, 303, 307, 308].includes(answer.status) || ask.method === 'POST') return answer
    answer.discard()
    if (hops === limits.redirects) {
      throw new RegistryError('broken', `${url.host} sends on more than ${limits.redirects} times`)
    }
    const next = target(answer)
    if (next.origin !== at.origin) {
      headers = Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'authorization'))
    }
    at = next
  }
}

/** An answer's body, if it has at most `most` bytes: no more is ever read. */
export async function collect(answer: Answer, most: number, what: string): Promise<Buffer> {
  const parts: Buffer[] = []
  let length = Number(answer.header('content-length')[0] ?? 0)
  if (length > most) answer.discard()
  else {
    length = 0
    for await (const chunk of answer.body) {
      length += chunk.length
      if (length > most) break
      parts.push(chunk)
    }
  }
  if (length <= most) return Buffer.concat(parts)
  throw new RegistryError('broken', `${what} has more than ${most} bytes, which is all that is read of one`)
}

function target({ url, header }: Answer): URL {
  const location = header('location')[0]
  if (!location || !URL.canParse(location, url.href)) {
    throw new RegistryError('broken', `${url.host} sends on to ${quoted(location)}, which is no address`)
  }
  const next = new URL(location, url)
  if (isPrivate(next, url) && !next.username && !next.password) return next
  const where = quoted(`${next.protocol}//${next.host}`)
  throw new RegistryError('broken', `${url.host} sends on to ${where}: only https is followed`)
}

async function once(url: URL, ask: Ask, limits: Limits, signal: AbortSignal): Promise<Answer> {
  const stop = new AbortController()
  const silent = new RegistryError(
    'unreachable',
    `${url.host} does not answer: no word in ${limits.silence / 1000} s`,
  )
  const timer = setTimeout(() => stop.abort(silent), limits.silence)
  let answer: Dispatcher.ResponseData
  try {
    answer = await request(url, {
      method: ask.method ?? 'GET',
      // Compressed on the way, a blob would not be the bytes that its digest speaks of.
      headers: { ...ask.headers, 'accept-encoding': 'identity', 'user-agent': 'eks-distro-base-workshop' },
      ...(ask.body !== undefined && { body: ask.body }),
      signal: AbortSignal.any([stop.signal, signal]),
      dispatcher: dispatcherFor(url),
      headersTimeout: 0,
      bodyTimeout: 0,
    })
  } catch (error) {
    clearTimeout(timer)
    throw failure(error, url)
  }
  const { statusCode: status, headers, body } = answer
  // What happens after the last byte that anybody wants is nobody's concern.
  body.on('error', () => {})
  return {
    url,
    status,
    header: name => [headers[name] ?? []].flat(),
    body: watched(body, url, timer, limits),
    discard() {
      clearTimeout(timer)
      body.destroy()
    },
  }
}

async function* watched(
  body: Dispatcher.ResponseData['body'],
  url: URL,
  timer: NodeJS.Timeout,
  { window, slowest }: Limits,
): AsyncGenerator<Buffer> {
  let [start, bytes] = [Date.now(), 0]
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      timer.refresh()
      bytes += chunk.length
      const elapsed = Date.now() - start
      if (elapsed >= window) {
        if (bytes * 1000 < slowest * elapsed) {
          const rate = `${bytes} bytes in ${Math.round(elapsed / 100) / 10} s`
          throw new RegistryError('unreachable', `${url.host} sends no more than ${rate}: try again later`)
        }
        start += elapsed
        bytes = 0
      }
      yield chunk
    }
  } catch (error) {
    throw failure(error, url)
  } finally {
    clearTimeout(timer)
    body.destroy()
  }
}

/** Worth another try: the line broke, or a name server had no time. */
const passing = [
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'UND_ERR_SOCKET',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
]

function failure(error: unknown, url: URL): RegistryError {
  if (error instanceof RegistryError) return error
  const { code = '', message, cause } = error as Error & { code?: string; cause?: Error }
  // A refusal by several addresses has no message of its own; OpenSSL's have several lines.
  const why = ((error as Error).name === 'AggregateError' ? code : (cause?.message ?? message)) || code
  const tls = /SSL routines|wrong version number/.test(why)
    ? 'it speaks no TLS, and only loopback may do without'
    : why
  const trust = /CERT|SIGNATURE/.test(code) ? ' (NODE_EXTRA_CA_CERTS names authorities to trust)' : ''
  const trouble = passing.includes(code) ? 'lost' : 'unreachable'
  return new RegistryError(
    trouble,
    `${url.host} does not answer: ${tls.replace(/\s+/g, ' ').slice(0, 200)}${trust}`,
  )
}
