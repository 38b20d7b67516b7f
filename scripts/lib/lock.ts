import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { UserError } from './errors.ts'

/**
 * Runs `action` while no other process holds `file`; the lock of a process that is gone is taken over. Throws UserError
 * when another one is at it: two builds of one image would write into each other's folders.
 */
export async function withLock<T>(file: string, what: string, action: () => Promise<T>): Promise<T> {
  take(file, what)
  try {
    return await action()
  } finally {
    rmSync(file, { force: true })
  }
}

function take(file: string, what: string): void {
  mkdirSync(dirname(file), { recursive: true })
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    const holder = Number(readFileSync(file, 'utf8'))
    if (isAlive(holder))
      throw new UserError(`${what} is already under way in process ${holder}: wait for it, or end it`)
    rmSync(file, { force: true })
    take(file, what)
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return pid > 0
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
