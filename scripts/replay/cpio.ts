import type { RecordedFile } from './recorded.ts'

/**
 * The archive of an RPM, "newc" of cpio(5): files in the header's order, of hard links only the last with content, as rpm
 * expects it. `contents` has that of each regular file.
 */
export function cpio(files: readonly RecordedFile[], contents: readonly (Buffer | undefined)[]): Buffer {
  const links = new Map<number, number[]>()
  for (const [index, { inode }] of files.entries())
    if (contents[index]) links.set(inode, [...(links.get(inode) ?? []), index])
  const parts = files.flatMap((file, index) => {
    if (file.isGhost) return []
    const linked = contents[index] ? links.get(file.inode)! : [index]
    const own = linked.at(-1) === index ? contents[index] : undefined
    const data = own ?? Buffer.from(file.target)
    return member(`.${file.path}`, file, linked.length, data)
  })
  return Buffer.concat([...parts, ...member('TRAILER!!!', undefined, 1, Buffer.alloc(0))])
}

function member(name: string, file: RecordedFile | undefined, links: number, data: Buffer): Buffer[] {
  const fields = [
    file?.inode,
    file?.mode,
    0,
    0,
    links,
    file?.time,
    data.length,
    0,
    0,
    0,
    0,
    Buffer.byteLength(name) + 1,
    0,
  ]
  const head = Buffer.from(
    `070701${fields.map(field => (field ?? 0).toString(16).padStart(8, '0')).join('')}${name}\0`,
  )
  return [padded(head), padded(data)]
}

const padded = (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)])
