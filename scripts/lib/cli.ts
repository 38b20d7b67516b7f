import { type ParseArgsConfig, parseArgs } from 'node:util'
import { nearest, UserError } from './errors.ts'

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
 * Runs a script: reads the command line, answers `--help`, prints a UserError as one message and leaves with exit
 * code 1; another error is a defect and is shown whole.
 */
export async function main(
  usage: string,
  options: Readonly<Record<string, Option>>,
  run: (args: Arguments) => Promise<void>,
): Promise<void> {
  // Files that land in images must not have the mode of somebody's habit.
  process.umask(0o022)
  try {
    const args = readArguments(process.argv.slice(2), options)
    if (args.flags.help) return console.log(help(usage, options))
    await run(args)
  } catch (error) {
    process.exitCode = 1
    console.error(message(error))
  }
}

/** What the machine lacks is no defect either: it is told in one line. */
function message(error: unknown): unknown {
  if (error instanceof UserError) return `error: ${error.message}`
  const { code, path, dest } = error as NodeJS.ErrnoException & { dest?: string }
  if (path && (code === 'EACCES' || code === 'EPERM')) {
    return `error: ${path} belongs to another user: run this as that user, or remove it`
  }
  if (code === 'ENOSPC')
    return `error: no space left on the disk of ${dest ?? path}: free some, then run this again`
  return error
}

/** Exported for its test: words, flags and values; an unknown option is an error with the nearest ones. */
export function readArguments(argv: readonly string[], options: Readonly<Record<string, Option>>): Arguments {
  const known: Record<string, Option> = { ...options, help: { type: 'boolean', help: 'show this' } }
  const config: ParseArgsConfig['options'] = Object.fromEntries(
    Object.entries(known).map(([name, { type }]) => [name, { type }]),
  )
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
  const names = rows.map(([name, { type }]) => `--${name}${type === 'string' ? ' VALUE' : ''}`)
  const width = Math.max(...names.map(name => name.length)) + 2
  return [usage.trim(), '', ...rows.map(([, { help }], row) => `  ${names[row]!.padEnd(width)}${help}`)].join(
    '\n',
  )
}
