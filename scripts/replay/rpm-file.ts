import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import type { Content } from './content.ts'
import { cpio } from './cpio.ts'
import { buildHeader, overwrite, regions } from './raw-header.ts'
import { isRegular, type Recorded } from './recorded.ts'

const tags = { size: 1009, sizes: 1028, digests: 1035, compressor: 1125, payload: 5092, uncompressed: 5097 }
const signature = { sha1: 269, sha256: 273, size: 1000, md5: 1004, payloadSize: 1007 }

/**
 * The file of a recorded package, unsigned: its own header but for what says how long and which its content is, and how
 * that is packed.
 */
export function rpmFile(recorded: Recorded, content: Content): Buffer {
  const header = Buffer.from(recorded.header)
  const contents = contentsOf(recorded, content)
  const archive = cpio(recorded.files, contents)
  const payload = gzipSync(archive, { level: 1 })
  const sizes = recorded.tags.numbers(tags.sizes)
  const digests = recorded.tags.strings(tags.digests)
  let [total] = recorded.tags.numbers(tags.size) as [number]
  const counted = new Set<number>()
  for (const [index, bytes] of contents.entries()) {
    if (!bytes) continue
    const { inode } = recorded.files[index]!
    if (!counted.has(inode)) total += bytes.length - sizes[index]!
    counted.add(inode)
    sizes[index] = bytes.length
    digests[index] = hex('sha256', bytes)
  }
  overwrite(header, tags.sizes, sizes)
  overwrite(header, tags.digests, digests)
  overwrite(header, tags.size, [total])
  overwrite(header, tags.compressor, ['gzip'])
  overwrite(header, tags.payload, [hex('sha256', payload)])
  overwrite(header, tags.uncompressed, [hex('sha256', archive)])
  const signatures = buildHeader(regions.signatures, [
    [signature.sha1, hex('sha1', header)],
    [signature.sha256, hex('sha256', header)],
    [signature.size, header.length + payload.length],
    [signature.md5, createHash('md5').update(header).update(payload).digest()],
    [signature.payloadSize, archive.length],
  ])
  const padding = Buffer.alloc(-signatures.length & 7)
  return Buffer.concat([lead(recorded), signatures, padding, header, payload])
}

/** Of each file, undefined for what has none; hard links have one between them. */
function contentsOf(recorded: Recorded, content: Content): (Buffer | undefined)[] {
  const byInode = new Map<number, Buffer>()
  return recorded.files.map(file => {
    if (!isRegular(file) || file.isGhost) return undefined
    const bytes = byInode.get(file.inode) ?? content(recorded, file)
    byInode.set(file.inode, bytes)
    return bytes
  })
}

/** What rpm has looked at for its magic alone, for decades. */
function lead({ nevra }: Recorded): Buffer {
  const bytes = Buffer.alloc(96)
  Buffer.from('edabeedb0300', 'hex').copy(bytes)
  bytes.writeUInt16BE(1, 8)
  bytes.write(nevra.slice(0, 65), 10)
  bytes.writeUInt16BE(1, 76)
  bytes.writeUInt16BE(5, 78)
  return bytes
}

function hex(kind: string, bytes: Buffer): string {
  return createHash(kind).update(bytes).digest('hex')
}
