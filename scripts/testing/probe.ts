import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../lib/errors.ts'
import { capture } from '../lib/run.ts'
import { nativePlatform } from '../lib/settings.ts'
import { temporaryFolder } from '../lib/temporary-folder.ts'

/** The C compiler for a platform's programs on another one's machine, and the Debian packages that have it. */
const crossCompilers = {
  'linux/amd64': ['x86_64-linux-gnu-gcc', 'gcc-x86-64-linux-gnu libc6-dev-amd64-cross'],
  'linux/arm64': ['aarch64-linux-gnu-gcc', 'gcc-aarch64-linux-gnu libc6-dev-arm64-cross'],
} as const

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
  const [compiler, packages] = platform === nativePlatform ? ['gcc', 'gcc libc6-dev'] : cross
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'probe.c'), source)
  const argv = [compiler, '-Wall', '-O1', ...options, '-o', join(folder, 'probe'), join(folder, 'probe.c')]
  const install = `tests need a C compiler: apt-get install ${packages}`
  const { exitCode, stderr } = await capture({ argv: argv as [string, ...string[]] }).catch(
    (error: Error) => {
      throw new UserError(`${error.message}; ${install}`)
    },
  )
  if (exitCode !== 0) throw new UserError(`${compiler} failed (${install}):\n${stderr}`)
  return join(folder, 'probe')
}
