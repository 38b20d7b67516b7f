/** What stands at one path of an image. Everything two equal images must agree on, except timestamps. */
export interface FileEntry {
  /** Absolute in the image, no trailing slash: `/usr/bin/git`. */
  readonly path: string
  /** A `hardlink` names in `link` the first path, in sort order, of the same file. */
  readonly type: 'file' | 'dir' | 'symlink' | 'hardlink' | 'char' | 'block' | 'fifo'
  /** Permission bits with setuid, setgid and sticky: `0o4755`. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Bytes of content; 0 for what has none. */
  readonly size: number
  /** Symlink: the target as written. Hardlink: the path that holds the content. */
  readonly link?: string
  /** Hex digest of a file's content. */
  readonly sha256?: string
  /** Extended attributes, values in base64: `security.capability`. */
  readonly xattrs?: Readonly<Record<string, string>>
  /** `major:minor` of a device. */
  readonly device?: string
}

/** The ways in which a program runs with more rights than its user has. A directory's setgid only hands its group on. */
export function powers({ type, mode, xattrs = {} }: FileEntry): string[] {
  if (type === 'dir') return []
  return [
    ...(mode & 0o4000 ? ['setuid'] : []),
    ...(mode & 0o2000 ? ['setgid'] : []),
    ...('security.capability' in xattrs ? ['file capabilities'] : []),
  ]
}
