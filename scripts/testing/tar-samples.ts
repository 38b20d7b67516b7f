import { writeFileSync } from 'node:fs'

/** One header as a test wants it, however wrong; numbers as their field's bytes where they are no octal ones. */
export interface Sample {
  readonly name: string | Buffer
  readonly flag?: string
  readonly content?: string | Buffer
  readonly linkname?: string | Buffer
  readonly mode?: number
  readonly uid?: number | Buffer
  readonly gid?: number
  /** Of the content unless it is said. */
  readonly size?: number | string | Buffer
  readonly mtime?: number | string | Buffer
  readonly magic?: string
  readonly prefix?: string | Buffer
  readonly device?: readonly [number, number]
  /** pax records before it. */
  readonly pax?: Readonly<Record<string, string | Buffer>> | readonly (readonly [string, string])[]
  /** Changes the header before its checksum is made. */
  readonly edit?: (header: Buffer) => void
}

/** The bytes of an archive of `samples`, with the two blocks that end one unless `end` says what else does. */
export function tarOf(samples: readonly Sample[], end: Buffer = Buffer.alloc(1024)): Buffer {
  return Buffer.concat([...samples.map(entryOf), end])
}

/** Writes such an archive and gives its path back. */
export function writeTar(file: string, samples: readonly Sample[], end?: Buffer): string {
  writeFileSync(file, tarOf(samples, end))
  return file
}

/** The bytes of one pax record. */
export function paxRecord(key: string, value: string | Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value as string), Buffer.from('\n')])
  const digits = String(body.length + String(body.length + 2).length)
  return Buffer.concat([Buffer.from(digits), body])
}

function entryOf(sample: Sample): Buffer {
  const { pax } = sample
  const content = Buffer.from((sample.content ?? '') as string)
  const own = Buffer.concat([headerOf(sample, content.length), content, fill(content.length)])
  if (!pax) return own
  const records = Buffer.concat(
    (Array.isArray(pax) ? pax : Object.entries(pax)).map(([k, v]) => paxRecord(k, v)),
  )
  const header = headerOf({ name: 'pax', flag: 'x' }, records.length)
  return Buffer.concat([header, records, fill(records.length), own])
}

function headerOf(sample: Sample, length: number): Buffer {
  const header = Buffer.alloc(512)
  const put = (value: number | string | Buffer, at: number, width: number) => {
    const octal = typeof value === 'number' ? `${value.toString(8).padStart(width - 1, '0')}\0` : value
    header.set(Buffer.from(octal as string).subarray(0, width), at)
  }
  const { flag = '0' } = sample
  put(sample.name, 0, 100)
  put(sample.mode ?? (flag === '5' ? 0o755 : 0o644), 100, 8)
  put(sample.uid ?? 0, 108, 8)
  put(sample.gid ?? 0, 116, 8)
  put(sample.size ?? length, 124, 12)
  put(sample.mtime ?? 1_000_000_000, 136, 12)
  put(flag, 156, 1)
  put(sample.linkname ?? '', 157, 100)
  put(sample.magic ?? 'ustar\x0000', 257, 8)
  const [major, minor] = sample.device ?? []
  if (major !== undefined) put(major, 329, 8)
  if (minor !== undefined) put(minor, 337, 8)
  put(sample.prefix ?? '', 345, 155)
  sample.edit?.(header)
  header.fill(0x20, 148, 156)
  put(
    `${header
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
    8,
  )
  return header
}

function fill(length: number): Buffer {
  return Buffer.alloc((512 - (length % 512)) % 512)
}
