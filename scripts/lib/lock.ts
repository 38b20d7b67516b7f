import { spawnSync } from 'node:child_process'
import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { UserError } from './errors.ts'

/**
 * Runs `action` while no other process holds `file`. The kernel keeps the lock (flock) for as long as this process has
 * the file open: it goes with the process, however that ends, so nobody has to judge whether what a file says of its
 * holder is still so. Throws UserError that names the holder when another one is at it: two builds of one image would
 * write into each other's folders.
 */
export async function withLock<T>(file: string, what: string, action: () => Promise<T>): Promise<T> {
  const fd = await take(file, what)
  try {
    return await action()
  } finally {
    // Before it is closed: afterwards it may be another one's.
    rmSync(file, { force: true })
    closeSync(fd)
  }
}

async function take(file: string, what: string): Promise<number> {
  mkdirSync(dirname(file), { recursive: true })
  for (const until = Date.now() + patience; ; await setTimeout(20)) {
    const fd = open(file)
    try {
      // Its holder may delete it between our opening and our locking it.
      if (!lock(fd, file)) refuse(file, what, until)
      else if (isAt(fd, file)) return sign(fd, file)
    } catch (error) {
      closeSync(fd)
      throw error
    }
    closeSync(fd)
  }
}

/** To lock a file it is enough to read it: that of another user's build is to be found locked, not unwritable. */
function open(file: string): number {
  try {
    return openSync(file, 'a+')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error
    return openSync(file, 'r')
  }
}

/** Node cannot call flock; who inherits an open file can, and the lock stays with the file, not with the program. */
const lockers = [
  ['flock', '-n', '3'],
  ['perl', '-e', 'open(my $f, "<&=", 3) or die; exit(flock($f, 6) ? 0 : 1)'],
] as const

function lock(fd: number, file: string): boolean {
  for (const [program, ...args] of lockers) {
    const { status, stderr } = spawnSync(program, args, {
      stdio: ['ignore', 'ignore', 'pipe', fd],
      env: { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/bin:/bin` },
      encoding: 'utf8',
    })
    if (status === 0 || status === 1) return status === 0
    if (status !== null) throw new UserError(`${file} cannot be locked: ${stderr.trim()}`)
  }
  throw new UserError(`${file} cannot be locked: install the program flock, which is in util-linux`)
}

function isAt(fd: number, file: string): boolean {
  const [ours, there] = [fstatSync(fd), statSync(file, { throwIfNoEntry: false })]
  return there !== undefined && there.ino === ours.ino && there.dev === ours.dev
}

interface Holder {
  readonly pid: number
  readonly host: string
  /** ISO 8601. */
  readonly since: string
}

/** For the words to whom it turns away. A file of another user, or on a full disk, stays without. */
function sign(fd: number, file: string): number {
  const holder: Holder = { pid: process.pid, host: hostname(), since: new Date().toISOString() }
  try {
    ftruncateSync(fd)
    writeSync(fd, JSON.stringify(holder))
  } catch (error) {
    throw Object.assign(error as Error, { path: file })
  }
  return fd
}

/** How many milliseconds a process that was killed may take to let go. */
const patience = 10_000

/** Throws UserError that names the holder, unless that one is about to be gone. */
function refuse(file: string, what: string, until: number): void {
  const holder = readHolder(file)
  if (holder && Date.now() < until && isDying(holder)) return
  const who = holder ? ` in process ${describe(holder)}` : ''
  throw new UserError(`${what} is already under way${who}: wait until it is done`)
}

function readHolder(file: string): Holder | undefined {
  try {
    const { pid, host, since } = JSON.parse(readFileSync(file, 'utf8')) as Holder
    return { pid: Number(pid), host: String(host), since: new Date(since).toISOString() }
  } catch {
    return undefined
  }
}

function describe({ pid, host, since }: Holder): string {
  return `${pid}${host === hostname() ? '' : ` on ${host}`} since ${since.slice(11, 19)} UTC`
}

/** Killed, and its files not closed yet; who started it may not ask for its exit code for long. */
function isDying({ pid, host }: Holder): boolean {
  if (host !== hostname() || !existsSync('/proc/self/stat')) return false
  try {
    return /^\d+ \(.*\) [ZX] /s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return true
  }
}
