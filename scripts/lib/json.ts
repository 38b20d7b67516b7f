import { readFileSync } from 'node:fs'
import * as v from 'valibot'
import { UserError } from './errors.ts'
import { printable } from './printable.ts'

/**
 * The content of a JSON file, checked. Throws UserError of one line for a file that is not there, is no JSON, or is not
 * as `schema` says: with the file, the path in it, the value, what is allowed, and `remedy`, what to do about it
 * (`run 'npm run setup' again`); a file that a person writes needs none.
 */
export function readJson<S extends v.GenericSchema>(
  file: string,
  schema: S,
  remedy?: string,
): v.InferOutput<S> {
  return parseJson(readText(file, remedy), file, schema, remedy)
}

/** As `readJson`, of a text that came from elsewhere; `what` is what the error calls it. */
export function parseJson<S extends v.GenericSchema>(
  text: string,
  what: string,
  schema: S,
  remedy?: string,
): v.InferOutput<S> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new UserError(told(`${what} is not JSON: ${printable((error as Error).message)}`, remedy))
  }
  return checkData(value, what, schema, remedy)
}

/** What is not of any format any more: `value` as `schema` makes it, or the UserError that `readJson` throws. */
export function checkData<S extends v.GenericSchema>(
  value: unknown,
  what: string,
  schema: S,
  remedy?: string,
): v.InferOutput<S> {
  const result = v.safeParse(schema, value)
  if (result.success) return result.output
  // A typing error in a key also makes a key that is missing; the first is the cause.
  const issue = result.issues.find(({ expected }) => expected === 'never') ?? result.issues[0]
  throw new UserError(told(`${what}: ${describe(issue)}`, remedy))
}

/** The text of a file. Throws UserError where there is none. */
export function readText(file: string, remedy?: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new UserError(told(`${file} is missing`, remedy))
    if (code === 'EISDIR') throw new UserError(told(`${file} is a folder; a file is wanted`, remedy))
    throw error
  }
}

const told = (fault: string, remedy: string | undefined) => (remedy ? `${fault}: ${remedy}` : fault)

function describe(issue: v.BaseIssue<unknown>): string {
  const keys = (issue.path ?? []).map(({ key }) => `${key}`)
  const path = printable(keys.join('.'))
  if (issue.expected === 'never') {
    const inside = printable(keys.slice(0, -1).join('.'))
    return `${inside ? `${inside} has the` : ''} unknown key ${show(keys.at(-1))}; ${issue.message}`.trim()
  }
  if (issue.received === 'undefined') return `${path} is missing; use ${issue.message}`
  return `${path || 'it'} is ${show(issue.input)}; use ${issue.message}`
}

/** A value as JSON has it, on one line and not too long. */
function show(value: unknown): string {
  const text = printable(JSON.stringify(value) ?? String(value))
  return text.length > 80 ? `${text.slice(0, 77)}…` : text
}
