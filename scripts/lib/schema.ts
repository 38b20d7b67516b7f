import * as v from 'valibot'
import { nearest } from './errors.ts'

// The words that schemas of data files are made of. The message of each is what is allowed, for `use …` in an error.

const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value)
const plainObject = v.custom<object>(isObject, 'an object')

export const text = v.pipe(v.string('a text in quotes'), v.nonEmpty('a text that is not empty'))
export const flag = v.boolean('true or false')
export const amount = v.pipe(
  v.number('a whole number above 0'),
  v.safeInteger('a whole number above 0'),
  v.minValue(1, 'a whole number above 0'),
)
/** Bytes, and what else may be none. */
export const count = v.pipe(
  v.number('a whole number'),
  v.safeInteger('a whole number'),
  v.minValue(0, 'a whole number'),
)

/** Such a text, `what` says in words what `pattern` takes. */
export const matching = (pattern: RegExp, what: string) => v.pipe(v.string(what), v.regex(pattern, what))

export const oneOf = <const T extends readonly string[]>(words: T) => v.picklist(words, words.join(' or '))

export const listOf = <S extends v.GenericSchema>(item: S) => v.array(item, 'a list')

/** An object whose keys are data, too. */
export const mapOf = <K extends v.GenericSchema<string, string>, S extends v.GenericSchema>(
  key: K,
  value: S,
) => v.pipe(plainObject, v.record(key, value, 'an object'))

/** An object with these keys and no others: a typing error is told with the nearest. */
export function only<const E extends v.ObjectEntries>(entries: E) {
  return v.pipe(
    plainObject,
    v.strictObject(entries, issue => allowed(entries, issue)),
  )
}

/** An object of somebody else's format, of which we read these keys. As in Go, `null` is as good as nothing. */
export function among<const E extends v.ObjectEntries>(entries: E) {
  return v.pipe(
    plainObject,
    v.transform(withoutNulls),
    v.looseObject(entries, issue => allowed(entries, issue)),
  )
}

function allowed(entries: v.ObjectEntries, { expected, input }: v.BaseIssue<unknown>): string {
  const names = Object.keys(entries)
  if (expected === 'never') {
    const [near] = nearest(String(input), names)
    return near ? `did you mean ${near}?` : `use ${names.join(', ')}`
  }
  const missing = names.find(name => expected === `"${name}"`)
  const [issue] = (missing && v.safeParse(entries[missing]!, undefined).issues) || []
  return issue?.message ?? 'an object'
}

const withoutNulls = (object: object): object =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null))
