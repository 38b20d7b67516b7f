import { UserError } from '../lib/errors.ts'

const magic = 'glibc-ld.so.cache1.1'
const headerSize = 48
const entrySize = 24

/**
 * Reads `/etc/ld.so.cache`, which ldconfig makes from `/etc/ld.so.conf` and which alone the loader looks at: library
 * name → paths, best first. Format: glibc, sysdeps/generic/dl-cache.h. Throws UserError if it is something else.
 */
export function readLdCache(bytes: Buffer): Map<string, string[]> {
  // Older versions put the old format in front; the offsets of the new one count from its own start.
  const start = bytes.indexOf(magic, 0, 'latin1')
  if (start < 0) throw new UserError(`/etc/ld.so.cache: no "${magic}" in it; run ldconfig`)
  const cache = bytes.subarray(start)
  const count = cache.length < headerSize ? 0 : endian(cache)(magic.length)
  if (headerSize + count * entrySize > cache.length) {
    throw new UserError(`/etc/ld.so.cache: it is cut off: no room for ${count} entries; run ldconfig`)
  }
  const u32 = endian(cache)
  const libraries = new Map<string, string[]>()
  for (let index = 0; index < count; index++) {
    const at = headerSize + index * entrySize
    const name = readName(cache, u32(at + 4))
    libraries.set(name, [...(libraries.get(name) ?? []), readName(cache, u32(at + 8))])
  }
  return libraries
}

/** The header's flags hold the byte order: 3 is big endian. */
function endian(cache: Buffer): (offset: number) => number {
  return (cache[28]! & 3) === 3 ? at => cache.readUInt32BE(at) : at => cache.readUInt32LE(at)
}

function readName(cache: Buffer, offset: number): string {
  const end = offset < cache.length ? cache.indexOf(0, offset) : -1
  if (end < 0) throw new UserError(`/etc/ld.so.cache: no string at offset ${offset}; run ldconfig`)
  return cache.toString('utf8', offset, end)
}
