import { existsSync } from 'node:fs'
import { stripVTControlCharacters } from 'node:util'
import { execa } from 'execa'
import { quote } from 'zx'
import { UserError } from './errors.ts'
import { describeMachineError } from './machine-errors.ts'

/** A program and its arguments, never a string for a shell. */
export interface Command {
  readonly argv: readonly [string, ...string[]]
  readonly cwd?: string
  /** Added to the environment; what is undefined is taken out of it. */
  readonly env?: Readonly<Record<string, string | undefined>>
}

export interface Result {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** As one would type it. */
export function show({ argv, cwd, env = {} }: Command): string {
  const enter = cwd ? ['cd', quote(cwd), '&&'] : []
  return [
    ...enter,
    ...Object.entries(env).flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${quote(value)}`])),
    ...argv.map(quote),
  ].join(' ')
}

/** Runs to the end and returns what was printed, whatever the exit code. Throws UserError if the program is not there. */
export async function capture(command: Command): Promise<Result> {
  const { exitCode, stdout, stderr, shortMessage } = await start(command, 'pipe')
  // A program that a signal ended has no exit code, and often nothing to say.
  return {
    exitCode: exitCode ?? 1,
    stdout,
    stderr: exitCode === undefined ? stderr || shortMessage! : stderr,
  }
}

/**
 * Runs a step of a build with its output on our own output. Throws UserError with `what` it was doing, the exit code
 * and the last lines the program printed.
 */
export async function perform(what: string, command: Command): Promise<void> {
  const result = await start(command, ['pipe', 'inherit'])
  if (result.exitCode === 0) return
  const how = result.signal ? `was stopped by ${result.signal}` : `failed with exit code ${result.exitCode}`
  throw new UserError(`${what} ${how}${reason(String(result.all ?? ''))}`)
}

type Out = 'pipe' | ['pipe', 'inherit']

async function start({ argv, cwd, env }: Command, out: Out) {
  const [program, ...args] = argv
  const result = await execa(program, args, {
    ...(cwd && { cwd }),
    ...(env && { env }),
    stdin: 'ignore',
    stdout: out,
    stderr: out,
    all: true,
    reject: false,
    maxBuffer: 64 << 20,
  })
  const { cause } = result as { cause?: NodeJS.ErrnoException }
  // A program that ran and failed has a cause, too.
  if (result.exitCode !== undefined || !cause?.syscall?.startsWith('spawn')) return result
  throw notStarted(program, cwd, cause)
}

/** Why `program` could not be started, as a UserError: a folder that is gone looks like a program that is. */
export function notStarted(
  program: string,
  cwd: string | undefined,
  cause: NodeJS.ErrnoException,
): UserError {
  if (cwd !== undefined && !existsSync(cwd))
    return new UserError(`${cwd}, where ${program} has to run, is gone`)
  if (cause.code === 'ENOENT')
    return new UserError(
      `the program ${program} is not here: run 'npm run setup', which installs what is missing`,
    )
  return new UserError(describeMachineError(cause) ?? cause.message)
}

/** What engines say of a step that failed, after the step has said why. */
const aftermath = /^(ERROR|error|Error): (process "|failed to solve|building at STEP|while running runtime)/
/** What makes programs fail in ways of their own afterwards. */
const fullDisk = /no space left|disk is full/i
const telling = /error|fail|cannot|no space|denied|not found|refused|^[a-z_]+: /i

/** The lines that say why, out of all that a builder prints. */
function reason(output: string): string {
  const lines = stripVTControlCharacters(output)
    .split('\n')
    .map(line => line.replace(/^(#\d+ )?(\d+\.\d+ )?/, '').trimEnd())
  const said = [...new Set(lines)].filter(line => line && !line.startsWith('#'))
  const why = said.filter(line => telling.test(line))
  const own = why.filter(line => !aftermath.test(line))
  const last = [own, why, said].find(some => some.length > 0)?.slice(-4) ?? []
  const full = own.find(line => fullDisk.test(line))
  const shown = [...new Set(full ? [full, ...last] : last)]
  const space = full ? ', no space left on the disk' : ''
  return shown.length > 0 ? `${space}:\n  ${shown.join('\n  ')}` : ''
}
