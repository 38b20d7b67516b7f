import { execa } from 'execa'
import { UserError } from './errors.ts'
import { repoRoot } from './paths.ts'

/** Bytes: what a repository holds need not be text. */
export interface GitAnswer {
  readonly exitCode: number
  readonly stdout: Buffer
  readonly stderr: string
}

/**
 * Asks git of the repository that we are in, or of the one in `cwd`. For commands whose output is made for programs
 * (`rev-parse`, `ls-tree -z`, `cat-file --batch`); neither the user's configuration nor `GIT_*` variables reach it.
 */
export async function git(args: readonly string[], input = '', cwd = repoRoot): Promise<GitAnswer> {
  const result = await execa('git', ['-c', `safe.directory=${cwd}`, ...args], {
    cwd,
    env: gitEnvironment(),
    input,
    encoding: 'buffer',
    stripFinalNewline: false,
    reject: false,
    maxBuffer: 256 << 20,
  })
  if ((result as { code?: string }).code === 'ENOENT')
    throw new UserError("the program git is not here: run 'npm run setup', which installs what is missing")
  return {
    exitCode: result.exitCode ?? 1,
    stdout: Buffer.from(result.stdout),
    stderr: Buffer.from(result.stderr).toString(),
  }
}

/** To be set over the caller's environment; undefined takes a variable away. */
export function gitEnvironment(): Record<string, string | undefined> {
  const own = Object.keys(process.env).filter(name => name.startsWith('GIT_'))
  return {
    ...Object.fromEntries(own.map(name => [name, undefined])),
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    // Else it would ask for a password where blobs are fetched when they are read.
    GIT_TERMINAL_PROMPT: '0',
  }
}
