import { UserError } from './errors.ts'
import { readText } from './json.ts'

/**
 * The objects of a file that has one a line. There are a hundred thousand of them, so that `is` looks at each by hand,
 * not by a schema. Throws UserError for a file that is not there and for a line that is cut or not `what`, with `remedy`.
 */
export function readJsonLines<T>(
  file: string,
  what: string,
  is: (value: Partial<Record<keyof T, unknown>>) => boolean,
  remedy: string,
): T[] {
  const lines = readText(file, remedy).split('\n')
  if (lines.pop() !== '') throw new UserError(`${file} is cut: its last line has no end: ${remedy}`)
  return lines.map((line, index) => {
    const value = parse(line)
    if (typeof value === 'object' && value !== null && is(value as T)) return value as T
    throw new UserError(`${file}:${index + 1} is not ${what}: ${remedy}`)
  })
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
