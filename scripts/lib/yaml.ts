import type * as v from 'valibot'
import { parseDocument } from 'yaml'
import { UserError } from './errors.ts'
import { checkData, readText } from './json.ts'

/**
 * The content of a YAML file, checked as `readJson` does. Every value is the text that stands there: YAML would make
 * 2023.1 of 2023.10, and a schema knows what is to be a number.
 */
export function readYaml<S extends v.GenericSchema>(file: string, schema: S): v.InferOutput<S> {
  return checkData(parseYaml(readText(file), file), file, schema)
}

function parseYaml(text: string, file: string): unknown {
  const document = parseDocument(text, { schema: 'failsafe' })
  const [error] = [...document.errors, ...document.warnings]
  // The lines after the first show the place.
  if (error) throw new UserError(`${file} is not YAML: ${error.message.split('\n')[0]!.replace(/:$/, '')}`)
  if (document.contents === null) throw new UserError(`${file} is empty`)
  try {
    return document.toJS()
  } catch (error) {
    throw new UserError(`${file} is not YAML: ${(error as Error).message.split('\n')[0]}`)
  }
}
