import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../lib/errors.ts'
import { capture } from '../lib/run.ts'
import { nativePlatform } from '../lib/settings.ts'
import { temporaryFolder } from '../lib/temporary-folder.ts'
import { crossCompilers } from '../setup/test-programs.ts'

/** Compiles C into a program that needs nothing of the image; returns its path here. `platform`: `linux/arm64`. */
export function compileStatic(source: string, platform: string): Promise<string> {
  return compile(source, platform, ['-static'])
}

/** Compiles C into a program that the image's own loader and C library have to run. */
export function compileDynamic(source: string, platform: string): Promise<string> {
  return compile(source, platform, [])
}

async function compile(source: string, platform: string, options: string[]): Promise<string> {
  const cross = crossCompilers[platform as keyof typeof crossCompilers]
  if (!cross)
    throw new UserError(`no C compiler is known for ${platform}; add it to scripts/testing/probe.ts`)
  const programs = platform === nativePlatform ? { gcc: 'gcc', '/usr/include/stdio.h': 'libc6-dev' } : cross
  const compiler = Object.keys(programs)[0]!
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'probe.c'), source)
  const argv = [compiler, '-Wall', '-O1', ...options, '-o', join(folder, 'probe'), join(folder, 'probe.c')]
  const install = `tests need a C compiler: apt-get install ${Object.values(programs).join(' ')}`
  const { exitCode, stderr } = await capture({ argv: argv as [string, ...string[]] }).catch(
    (error: Error) => {
      throw new UserError(`${error.message}; ${install}`)
    },
  )
  if (exitCode !== 0) throw new UserError(`${compiler} failed (${install}):\n${stderr}`)
  return join(folder, 'probe')
}
