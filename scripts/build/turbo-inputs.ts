import { readFileSync } from 'node:fs'
import { parseJson } from '../lib/json.ts'
import { inRepo } from '../lib/paths.ts'
import { among, listOf, text } from '../lib/schema.ts'

const turboSchema = among({ tasks: among({ build: among({ inputs: listOf(text) }) }) })

const ofRoot = '$TURBO_ROOT$/'

/** The patterns by which turbo hashes a build: those of an image's own folder, and those of the repository. */
export function turboInputs(): { readonly own: readonly string[]; readonly shared: readonly string[] } {
  const source = readFileSync(inRepo('turbo.json'), 'utf8').replace(/^\s*\/\/.*$/gm, '')
  const { inputs } = parseJson(source, 'turbo.json', turboSchema).tasks.build
  return {
    own: inputs.filter(pattern => !pattern.includes(ofRoot)),
    shared: inputs.filter(pattern => pattern.includes(ofRoot)).map(pattern => pattern.replace(ofRoot, '')),
  }
}
