import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Platform } from '../lib/settings.ts'
import { platforms } from '../lib/settings.ts'
import { outputOf, platformFolder } from '../workspace/outputs.ts'

/** Where the output for a platform waits that was not asked for last: turbo takes all of `dist/` for what was. */
export const keptOutput = (dir: string, platform: Platform) => outputOf(join(dir, 'work', 'kept'), platform)

/** Makes `dist/` of the image in `dir` hold no output but those for `asked`; the others are kept. */
export function keepOthers(dir: string, asked: readonly Platform[]): void {
  const dist = join(dir, 'dist')
  if (existsSync(dist) && !statSync(dist).isDirectory()) rmSync(dist)
  for (const name of existsSync(dist) ? readdirSync(dist) : []) {
    const platform = platforms.find(one => platformFolder(one) === name)
    if (!platform) rmSync(join(dist, name), { recursive: true })
    else if (!asked.includes(platform)) replaceFolder(join(dist, name), keptOutput(dir, platform))
  }
}

/** Moves a folder into the place of another, which is gone, or whole, whenever this is killed. */
export function replaceFolder(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true })
  rmSync(to, { recursive: true, force: true })
  try {
    renameSync(from, to)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error
    const aside = `${to}.part`
    rmSync(aside, { recursive: true, force: true })
    cpSync(from, aside, { recursive: true, preserveTimestamps: true })
    renameSync(aside, to)
    rmSync(from, { recursive: true })
  }
}
