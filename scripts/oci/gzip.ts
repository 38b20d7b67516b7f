import { closeSync, createReadStream, createWriteStream, openSync, readSync, statSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { ExecaError, execa } from 'execa'
import { UserError } from '../lib/errors.ts'
import { gnuGzip } from './gnu-gzip.ts'

/** Options in the environment would change the bytes, or what is said of them. */
const env = { GZIP: '', XZ_DEFAULTS: '', XZ_OPT: '', BZIP: '', BZIP2: '' }

/** `file` gzipped into `target`, the same bytes on every machine. */
export async function compress(file: string, target: string): Promise<void> {
  const process = execa(gnuGzip(), ['--no-name', '-6', '--stdout'], {
    stdin: 'pipe',
    stdout: 'pipe',
    buffer: false,
    env,
  })
  await Promise.all([
    pipeline(createReadStream(file), process.stdin),
    pipeline(process.stdout, createWriteStream(target)),
    process,
  ])
}

/** Programs and the first bytes of what they write. Images have layers in gzip and zstd; Docker reads xz and bzip2 too. */
const formats = { gzip: '1f8b', zstd: '28b52ffd', xz: 'fd377a585a00', bzip2: '425a68' } as const
type Format = keyof typeof formats

/** Bytes of a layer: more than any image holds, and so many times its compressed size as no layer's content shrinks. */
const generous = 16 * 2 ** 30
const unsuspicious = 2 ** 30
const maxRatio = 200

/**
 * The path of `file`'s uncompressed content: itself, or `target` if it was compressed. Throws UserError, which begins
 * with `what`, when it is damaged, has other bytes behind, or becomes more than `limit` bytes.
 */
export async function uncompressed(
  file: string,
  target: string,
  what = file,
  limit = allowed(statSync(file).size),
): Promise<string> {
  const format = formatOf(file)
  if (!format) return file
  const bounded = async function* (source: AsyncIterable<Buffer>) {
    let bytes = 0
    for await (const chunk of source) {
      bytes += chunk.length
      if (bytes > limit) throw new UserError(`it becomes more than ${limit} bytes, which no layer needs`)
      yield chunk
    }
  }
  try {
    const process = execa(format, ['--decompress', '--stdout'], {
      inputFile: file,
      buffer: { stdout: false },
      env,
    })
    const written = pipeline(process.stdout, bounded, createWriteStream(target))
    const [{ stderr }] = await Promise.all([process, written])
    // bzip2 leaves out with a word only what it cannot read.
    if (stderr !== '') throw new UserError(`its ${format} is damaged: ${stderr.split('\n').at(-1)}`)
  } catch (error) {
    throw explained(error, format, what)
  }
  return target
}

/** Exported for its test: the bytes that `size` compressed ones may become. */
export function allowed(size: number): number {
  return Math.min(generous, Math.max(unsuspicious, maxRatio * size))
}

function formatOf(file: string): Format | undefined {
  const magic = Buffer.alloc(8)
  const fd = openSync(file, 'r')
  readSync(fd, magic)
  closeSync(fd)
  const hex = magic.toString('hex')
  return (Object.keys(formats) as Format[]).find(format => hex.startsWith(formats[format]))
}

/** What is wrong with the layer or the machine as one line; anything else, such as a full disk, as it is. */
function explained(error: unknown, format: Format, what: string): unknown {
  if (error instanceof UserError) return new UserError(`${what}: ${error.message}`)
  if (!(error instanceof ExecaError)) return error
  if (error.code === 'ENOENT' || error.code === 'EACCES') {
    return new UserError(
      `${what}: it is compressed with ${format}, a program that has to be installed to read it`,
    )
  }
  const said = String(error.stderr).trim().split('\n').at(-1)
  return new UserError(`${what}: its ${format} is damaged: ${said || error.shortMessage.split('\n')[0]}`)
}
