import { inspect, type ParseArgsConfig, parseArgs } from 'node:util'
import { nearest, UserError } from './errors.ts'
import { describeMachineError } from './machine-errors.ts'
import { printableJson, printableLines } from './printable.ts'

export interface Option {
  readonly type: 'boolean' | 'string'
  readonly help: string
}

export interface Arguments {
  readonly words: readonly string[]
  readonly flags: Readonly<Record<string, boolean | undefined>>
  readonly values: Readonly<Record<string, string | undefined>>
}

/**
 * Runs a script: reads the command line, answers `--help`, prints a UserError, or what the machine refuses, as one message
 * and leaves with exit code 1; another error is a defect and is shown whole.
 */
export async function main(
  usage: string,
  options: Readonly<Record<string, Option>>,
  run: (args: Arguments) => Promise<void>,
): Promise<void> {
  // Files that land in images must not have the mode of somebody's habit.
  process.umask(0o022)
  watchOutput()
  try {
    const args = readArguments(process.argv.slice(2), options)
    if (args.flags.help) return print(help(usage, options))
    await run(args)
  } catch (error) {
    fail(error)
  }
}

/** Prints what a script has to say. Of what others may have written, no character is left that a terminal would obey. */
export function print(text: string): void {
  console.log(printableLines(text))
}

/** Prints a value for programs. */
export function printJson(value: unknown, indent?: number): void {
  console.log(printableJson(value, indent))
}

/**
 * Whoever reads our output may have read enough (`| head`): then we end as a program does that knows of no such thing, by
 * the number of SIGPIPE. What could not be written for another reason is no success, which is said once, whatever more is
 * written.
 */
function watchOutput(): void {
  let isSaid = false
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(141)
    if (!isSaid) fail(Object.assign(error, { path: error.path ?? 'what stdout is written to' }))
    isSaid = true
  })
  process.stderr.on('error', () => process.exit(process.exitCode || 1))
}

function fail(error: unknown): void {
  process.exitCode = 1
  console.error(message(error))
}

/** Exported for its test. */
export function message(error: unknown): string {
  const line = error instanceof UserError ? error.message : describeMachineError(error)
  if (line === undefined) return printableLines(inspect(error))
  // Further lines are ours if they are indented; of another's, none begins where an error of ours would.
  return printableLines(`error: ${line.replace(/\n(?=\S)/g, '\n  ')}`)
}

/** Exported for its test: words, flags and values; an unknown option is an error with the nearest ones. */
export function readArguments(argv: readonly string[], options: Readonly<Record<string, Option>>): Arguments {
  const known: Record<string, Option> = { ...options, help: { type: 'boolean', help: 'show this' } }
  const config: ParseArgsConfig['options'] = {
    ...Object.fromEntries(Object.entries(known).map(([name, { type }]) => [name, { type }])),
    help: { type: 'boolean', short: 'h' },
  }
  for (const word of argv.slice(0, [...argv, '--'].indexOf('--'))) {
    const name = /^--([^=]+)/.exec(word)?.[1]
    if (name === undefined || name in known) continue
    const near = nearest(name, Object.keys(known))
    const all = Object.keys(known).map(option => `--${option}`)
    throw new UserError(
      `--${name} is no option: ${near[0] ? `did you mean --${near[0]}?` : `use ${all.join(', ')}`}`,
    )
  }
  try {
    const { positionals, values } = parseArgs({ args: [...argv], options: config, allowPositionals: true })
    const entries = Object.entries(values)
    return {
      words: positionals,
      flags: Object.fromEntries(
        entries.filter(([, value]) => typeof value === 'boolean'),
      ) as Arguments['flags'],
      values: Object.fromEntries(
        entries.filter(([, value]) => typeof value === 'string'),
      ) as Arguments['values'],
    }
  } catch (error) {
    throw new UserError((error as Error).message)
  }
}

function help(usage: string, options: Readonly<Record<string, Option>>): string {
  const rows = Object.entries({ ...options, help: { type: 'boolean', help: 'show this' } as Option })
  const names = rows.map(([name, { type }]) =>
    name === 'help' ? '-h, --help' : `--${name}${type === 'string' ? ' VALUE' : ''}`,
  )
  const width = Math.max(...names.map(name => name.length)) + 2
  return [usage.trim(), '', ...rows.map(([, { help }], row) => `  ${names[row]!.padEnd(width)}${help}`)].join(
    '\n',
  )
}
