import { writeFileSync } from 'node:fs'
import { arch } from 'node:os'
import { join } from 'node:path'
import { UserError } from '../lib/errors.ts'
import { capture } from '../lib/run.ts'
import { temporaryFolder } from '../lib/temporary-folder.ts'

/** Compiler for a platform: the machine's own, or Debian's cross compiler. */
const compilers = {
  'linux/amd64': {
    own: 'x64',
    cross: 'x86_64-linux-gnu',
    packages: 'gcc-x86-64-linux-gnu libc6-dev-amd64-cross',
  },
  'linux/arm64': {
    own: 'arm64',
    cross: 'aarch64-linux-gnu',
    packages: 'gcc-aarch64-linux-gnu libc6-dev-arm64-cross',
  },
}

/** Compiles C into a program that needs nothing of the image; returns its path here. `platform`: `linux/arm64`. */
export function compileStatic(source: string, platform: string): Promise<string> {
  return compile(source, platform, ['-static'])
}

/** Compiles C into a program that the image's own loader and C library have to run. */
export function compileDynamic(source: string, platform: string): Promise<string> {
  return compile(source, platform, [])
}

async function compile(source: string, platform: string, options: string[]): Promise<string> {
  const target = compilers[platform as keyof typeof compilers]
  if (!target)
    throw new UserError(`no C compiler is known for ${platform}; add it to scripts/testing/probe.ts`)
  const isOwn = target.own === arch()
  const compiler = isOwn ? 'gcc' : `${target.cross}-gcc`
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'probe.c'), source)
  const argv = [compiler, '-Wall', '-O1', ...options, '-o', join(folder, 'probe'), join(folder, 'probe.c')]
  const install = `tests need a C compiler: apt-get install ${isOwn ? 'gcc libc6-dev' : target.packages}`
  const { exitCode, stderr } = await capture({ argv: argv as [string, ...string[]] }).catch(
    (error: Error) => {
      throw new UserError(`${error.message}; ${install}`)
    },
  )
  if (exitCode !== 0) throw new UserError(`${compiler} failed (${install}):\n${stderr}`)
  return join(folder, 'probe')
}
