import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { findStage, parseDockerfile } from '../lib/dockerfile.ts'
import type { Instruction } from '../lib/dockerfile-instruction.ts'
import { UserError } from '../lib/errors.ts'
import type { Image } from '../workspace/workspace.ts'

/** A recipe's steps in a newroot, for a shell. */
export interface Recipe {
  /** The image whose files the newroot begins with. */
  readonly on?: string
  /** Its folders that the steps copy from, each to an absolute path. */
  readonly copies: readonly { readonly from: string; readonly to: string }[]
  readonly script: string
}

/** The steps of the stage that the image's last one copies `/newroot/` from. Throws UserError for what is not replayed. */
export function recipeOf(image: Image): Recipe {
  const file = join(image.recipe, 'Dockerfile')
  const { stages } = parseDockerfile(readFileSync(file, 'utf8'), image.args)
  const stage = findStage('newroot', stages)
  if (!stage) throw new UserError(`${file} has no stage "newroot": only such recipes are replayed`)
  const copies: Recipe['copies'][number][] = []
  const lines: string[] = []
  let on: string | undefined
  for (const one of stage.instructions) {
    const [source = '', target = ''] = one.body.text.trim().split(/\s+/)
    if (one.keyword === 'RUN') lines.push(step(one))
    else if (one.keyword === 'COPY' && one.from[0]) on = findStage(one.from[0], stages)?.base ?? one.from[0]
    else if (one.keyword === 'COPY') copies.push({ from: join(image.recipe, source), to: target })
    else if (one.keyword !== 'ENV' && one.keyword !== 'ARG')
      throw new UserError(`${file}:${one.line}: ${one.keyword} is not replayed`)
  }
  return { ...(on && { on }), copies, script: lines.join('\n') }
}

/** In a shell of its own, as engines run it. */
function step({ variables, body }: Instruction): string {
  const settings = Object.entries(variables).map(([name, value]) => `${name}=${quote(value ?? '')}`)
  return ['env', ...settings, 'sh', '-c', quote(body.text)].join(' ')
}

/** For a POSIX shell, which knows no `$'…'`. */
const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`
