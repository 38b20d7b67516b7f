import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Descriptor } from '../oci/blobs.ts'
import { RegistryError } from './errors.ts'
import type { Answer } from './exchange.ts'
import type { Limits } from './limits.ts'
import { persist } from './persist.ts'

/**
 * Writes a blob into `file` and checks it against its digest. Where the line breaks, it goes on from there, if `host` is
 * able to; never does it take more than the blob's size. Throws RegistryError.
 */
export async function download(
  host: string,
  { digest, size }: Descriptor,
  file: string,
  what: string,
  limits: Limits,
  ask: (headers: Record<string, string>, signal: AbortSignal) => Promise<Answer>,
): Promise<void> {
  mkdirSync(dirname(file), { recursive: true })
  const out = await open(file, 'w')
  let hash = createHash('sha256')
  let length = 0
  try {
    await persist(host, limits, limits.longest, async signal => {
      const answer = await ask(length > 0 ? { range: `bytes=${length}-` } : {}, signal)
      if (!goesOnAt(answer, length)) {
        hash = createHash('sha256')
        length = 0
        await out.truncate(0)
      }
      for await (const chunk of answer.body) {
        if (length + chunk.length > size) {
          throw new RegistryError('broken', `${host}: ${what}, ${digest}, has more than its ${size} bytes`)
        }
        hash.update(chunk)
        await out.write(chunk, 0, chunk.length, length)
        length += chunk.length
      }
      if (length < size) {
        throw new RegistryError('lost', `${host} sent ${length} of the ${size} bytes of ${what}, ${digest}`)
      }
    })
  } finally {
    await out.close()
  }
  const found = hash.digest('hex')
  if (`sha256:${found}` === digest) return
  throw new RegistryError(
    'broken',
    `${what}: the registry sent ${length} bytes with the sha256 ${found} as ${digest}: its copy is damaged`,
  )
}

function goesOnAt({ status, header }: Answer, length: number): boolean {
  return status === 206 && header('content-range')[0]?.startsWith(`bytes ${length}-`) === true
}
