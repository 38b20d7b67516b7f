import { statSync } from 'node:fs'
import { getSystemErrorMap } from 'node:util'

/** What node throws where the system says no. */
interface SystemError extends NodeJS.ErrnoException {
  readonly dest?: string
}

/**
 * What a machine refused, in one line that says of what and what to do; undefined for what is no such error. A file that
 * is missing or a disk that is full is no defect of ours.
 */
export function describeMachineError(error: unknown): string | undefined {
  // Who runs a program keeps what the system said as the cause.
  const { cause } = (error ?? {}) as { cause?: SystemError }
  const told = cause?.syscall?.startsWith('spawn') ? cause : (error ?? {})
  const { code, errno, syscall, path, dest } = told as SystemError
  if (typeof code !== 'string' || (typeof errno !== 'number' && !(code in advice))) return undefined
  if (code === 'ENOENT' && syscall === 'uv_cwd')
    return 'the folder that this runs in is gone: change into one that is there'
  if (syscall?.startsWith('spawn'))
    return `${path ?? syscall.replace(/^spawn /, '')} does not start: ${words(code, errno)}`
  const next = code === 'EACCES' || code === 'EPERM' ? permission(path ?? dest) : advice[code]
  const file = dest ?? path
  const what = `${file === undefined ? '' : `${file}: `}${words(code, errno)}`
  return next === undefined || file === undefined
    ? `${what} (${syscall ?? code})${next === undefined ? '' : `: ${next}`}`
    : `${what}: ${next}`
}

function words(code: string, errno: number | undefined): string {
  return (errno === undefined ? undefined : getSystemErrorMap().get(errno)?.[1]) ?? code
}

const again = 'then run this again'
const tooMany = `allow this shell more of them, 'ulimit -n 1024', ${again}`

const advice: Readonly<Record<string, string>> = {
  ENOSPC: `free some of it, ${again}`,
  EDQUOT: `delete some of your files, ${again}`,
  EROFS: `make it writable, or set TMPDIR where it is the folder for temporary files, ${again}`,
  EMFILE: tooMany,
  ENFILE: `end other programs, ${again}`,
  EAGAIN: `this machine runs as many processes as it may: end some, ${again}`,
  ENOMEM: `free some memory, ${again}`,
  EBUSY: `something is mounted on it or uses it: see 'findmnt' and 'fuser', end that, ${again}`,
  ENOTDIR: `a part of its path is a file where a folder has to be: move that away, ${again}`,
  EISDIR: `it is a folder where a file has to be: move it away, ${again}`,
  ENOENT: `make it, or if it is what a build makes, build the image again`,
  ELOOP: `its path leads through links that lead to each other: remove one, ${again}`,
  ENAMETOOLONG: `move the checkout, or set TMPDIR, to a path that is shorter, ${again}`,
  ETXTBSY: `it is a program that runs: end it, ${again}`,
  EXDEV: `a mount lies between it and where it has to go: remove the mount, ${again}`,
  EIO: `its disk fails: see 'dmesg'`,
}

/** Whose it is, where that is the reason: root may be refused, too, by a mount or an attribute. */
function permission(path: string | undefined): string {
  const owner = path === undefined ? undefined : ownerOf(path)
  if (owner !== undefined && owner !== process.getuid?.() && process.getuid?.() !== 0)
    return 'it belongs to another user: run this as that user, or remove it'
  return `see its mode and attributes, 'ls -ld' and 'lsattr -d', ${again}`
}

function ownerOf(path: string): number | undefined {
  try {
    return statSync(path).uid
  } catch {
    return undefined
  }
}
