import { encodeName } from './names.ts'
import { type TarEntry, xattrPrefix } from './tar-entry.ts'
import { blockSize, sum } from './tar-fields.ts'

/** What the octal digits of a field can say. */
const largest = { id: 0o7777777, size: 0o77777777777 }

/** The header blocks of one entry, in ustar with pax records only where ustar cannot say it. */
export function tarHeader(entry: Omit<TarEntry, 'offset'>): Buffer {
  const pax: [string, Buffer][] = []
  const isDir = entry.flag === '5'
  const name = isDir ? `${entry.name}/` : entry.name
  const [path, linkpath] = [encodeName(name), encodeName(entry.linkname)]
  if (path.length > 100) pax.push(['path', path])
  if (linkpath.length > 100) pax.push(['linkpath', linkpath])
  if (entry.uid > largest.id) pax.push(['uid', Buffer.from(String(entry.uid))])
  if (entry.gid > largest.id) pax.push(['gid', Buffer.from(String(entry.gid))])
  if (entry.size > largest.size) pax.push(['size', Buffer.from(String(entry.size))])
  for (const key of Object.keys(entry.xattrs).sort()) pax.push([xattrPrefix + key, entry.xattrs[key]!])

  const header = ustarHeader({ ...entry, name })
  if (pax.length === 0) return header
  const records = Buffer.concat(pax.map(([key, value]) => paxRecord(key, value)))
  const extended = {
    ...entry,
    name: 'pax',
    flag: 'x',
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: records.length,
    linkname: '',
  }
  return Buffer.concat([ustarHeader(extended), records, padding(records.length), header])
}

/** Zero bytes that fill the last block of `size` bytes. */
export function padding(size: number): Buffer {
  return Buffer.alloc((blockSize - (size % blockSize)) % blockSize)
}

function ustarHeader(entry: Omit<TarEntry, 'offset'>): Buffer {
  const header = Buffer.alloc(blockSize)
  header.set(encodeName(entry.name).subarray(0, 100), 0)
  header.write(octal(entry.mode, 7), 100)
  header.write(octal(entry.uid & largest.id, 7), 108)
  header.write(octal(entry.gid & largest.id, 7), 116)
  header.write(octal(entry.size > largest.size ? 0 : entry.size, 11), 124)
  header.write(octal(entry.mtime, 11), 136)
  header.write('        ', 148)
  header.write(entry.flag, 156)
  header.set(encodeName(entry.linkname).subarray(0, 100), 157)
  header.write('ustar\x0000', 257, 'latin1')
  header.write(octal(entry.devMajor, 7), 329)
  header.write(octal(entry.devMinor, 7), 337)
  header.write(`${octal(sum(header), 6)}\0 `, 148, 'latin1')
  return header
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0')
}

function paxRecord(key: string, value: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(` ${key}=`), value, Buffer.from('\n')])
  let length = body.length
  while (String(length).length + body.length !== length) length = String(length).length + body.length
  return Buffer.concat([Buffer.from(String(length)), body])
}
