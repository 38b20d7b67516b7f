import { closeSync, createReadStream, createWriteStream, openSync, readSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { execa } from 'execa'

/** `file` gzipped into `target`: by GNU gzip, whose bytes are the same for every version and processor. */
export async function compress(file: string, target: string): Promise<void> {
  await gzip(['--no-name', '-6', '--stdout'], file, target)
}

/** The path of `file`'s uncompressed content: itself, or `target` if it was gzipped. */
export async function uncompressed(file: string, target: string): Promise<string> {
  const magic = Buffer.alloc(2)
  const fd = openSync(file, 'r')
  readSync(fd, magic)
  closeSync(fd)
  if (magic.readUInt16BE() !== 0x1f8b) return file
  await gzip(['--decompress', '--stdout'], file, target)
  return target
}

async function gzip(options: string[], from: string, to: string): Promise<void> {
  const process = execa('gzip', options, {
    stdin: 'pipe',
    stdout: 'pipe',
    buffer: false,
    // Options in the environment would change the bytes.
    env: { GZIP: '' },
  })
  await Promise.all([
    pipeline(createReadStream(from), process.stdin),
    pipeline(process.stdout, createWriteStream(to)),
    process,
  ])
}
