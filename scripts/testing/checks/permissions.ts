import type { BuiltImage } from '../../image/built-image.ts'
import { type FileEntry, powers } from '../../oci/files.ts'
import type { Facts } from './facts.ts'

/** Programs that run with more rights than their user: those that the image names, and no others. */
export function privileges({ files }: BuiltImage, { privileged = [] }: Facts): string[] {
  const found = [...files.values()].filter(entry => powers(entry).length > 0)
  const unexpected = found.filter(({ path }) => !privileged.includes(path))
  const lost = privileged.filter(path => !found.some(entry => entry.path === path))
  return [
    ...unexpected.map(entry => `${entry.path} has ${powers(entry).join(' and ')}`),
    ...lost.map(path => `${path} should be privileged, but has neither setuid, setgid nor capabilities`),
  ]
}

/** Whatever every user may write to, except directories such as /tmp where nobody can remove what is another's. */
export function worldWritable({ files }: BuiltImage): string[] {
  const isOpen = ({ type, mode }: FileEntry) =>
    ['file', 'hardlink', 'dir', 'fifo'].includes(type) &&
    (mode & 0o002) !== 0 &&
    !(type === 'dir' && mode & 0o1000)
  return [...files.values()]
    .filter(isOpen)
    .map(({ path, mode }) => `${path} has mode ${mode.toString(8)}: every user can write to it`)
}
