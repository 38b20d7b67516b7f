import { join } from 'node:path'
import * as v from 'valibot'
import { mapOf, only, text } from '../lib/schema.ts'
import { readYaml } from '../lib/yaml.ts'

const scene = only({ on: v.exactOptional(text), run: v.exactOptional(text) })
const schema = only({ scenes: mapOf(text, scene), dangling: mapOf(text, text) })

/** scenes.yaml, which says what it holds. */
export const readScenes = () => readYaml(join(import.meta.dirname, 'scenes.yaml'), schema)
