import { DockerfileParser } from 'dockerfile-ast'
import {
  assignments,
  expand,
  type Instruction,
  masked,
  readInstruction,
  unquoted,
  type Variables,
} from './dockerfile-instruction.ts'

export interface Dockerfile {
  /** The comment that it begins with, as one line. */
  readonly intro: string
  /** `# name=value` before everything else, the name in lower case. */
  readonly directives: readonly { readonly name: string; readonly value: string; readonly line: number }[]
  readonly stages: readonly Stage[]
}

export interface Stage {
  /** In lower case, as engines compare it. */
  readonly name?: string
  readonly line: number
  readonly lastLine: number
  readonly flags: Instruction['flags']
  /** With the values of the `ARG`s before the first `FROM`, where these are known. */
  readonly base: string
  /** The earlier stage that `base` is. */
  readonly on?: Stage
  readonly instructions: readonly Instruction[]
  /** What its `ENV`s and those of the stages it is made on say at its end; undefined where that is not known here. */
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** Reads a Dockerfile as engines do; `args` are the values given to its `ARG`s. It refuses nothing: engines do. */
export function parseDockerfile(content: string, args: Variables = {}): Dockerfile {
  const source = content.replace(/^\uFEFF/, '').replace(/\r$/gm, '')
  const parsed = DockerfileParser.parse(masked(source))
  const lines = source.split('\n')
  const stages: Stage[] = []
  let globals: Variables = {}
  let declared: Variables = {}
  for (const node of parsed.getInstructions()) {
    const stage = stages.at(-1)
    const variables = { ...declared, ...stage?.environment }
    const one = readInstruction(node, lines, parsed.getEscapeCharacter(), variables)
    if (one.keyword === 'FROM') {
      globals = stage ? globals : declared
      stages.push(openStage(one, globals, stages))
      declared = {}
      continue
    }
    if (one.keyword === 'ARG') declared = { ...declared, ...assignments(node, variables, globals, args) }
    if (!stage) continue
    if (one.keyword === 'ENV') Object.assign(stage.environment, assignments(node, variables))
    ;(stage.instructions as Instruction[]).push(one)
  }
  return { ...readHead(lines), stages }
}

/** The stage that a name or number means, of those in `stages`. */
export function findStage(name: string, stages: readonly Stage[]): Stage | undefined {
  if (/^\d+$/.test(name)) return stages[Number(name)]
  return stages.findLast(stage => stage.name === name.toLowerCase())
}

/** The last stage and those that it is made of, in the order of the file; engines leave the others out. */
export function usedStages({ stages }: Dockerfile): Stage[] {
  const used = new Set<Stage>()
  const use = (stage: Stage | undefined): void => {
    if (!stage || used.has(stage)) return
    used.add(stage)
    use(stage.on)
    for (const { from } of stage.instructions) for (const name of from) use(findStage(name, stages))
  }
  use(stages.at(-1))
  return stages.filter(stage => used.has(stage))
}

function openStage(
  { body, line, lastLine, flags }: Instruction,
  globals: Variables,
  stages: readonly Stage[],
): Stage {
  const [written = '', as, name] = body.text.trim().split(/\s+/)
  const base = expand(unquoted(written), globals) || written
  const on = /^\d+$/.test(base) ? undefined : findStage(base, stages)
  const named = /^as$/i.test(as ?? '') && name ? { name: name.toLowerCase() } : {}
  return {
    ...named,
    line,
    lastLine,
    flags,
    base,
    ...(on && { on }),
    instructions: [],
    environment: { ...on?.environment },
  }
}

function readHead(lines: readonly string[]): Pick<Dockerfile, 'intro' | 'directives'> {
  const directives: { name: string; value: string; line: number }[] = []
  const intro: string[] = []
  for (const [index, text] of lines.entries()) {
    if (index === 0 && text.startsWith('#!')) continue
    const comment = /^\s*(?:#|\/\/)\s?(.*)$/.exec(text)?.[1]
    if (comment === undefined) break
    const [, name, value] = (intro.length === 0 && /^\s*([A-Za-z][\w-]*)\s*=\s*(.+?)\s*$/.exec(comment)) || []
    if (name) directives.push({ name: name.toLowerCase(), value: value!, line: index + 1 })
    else intro.push(comment)
  }
  return { intro: intro.join(' ').replace(/\s+/g, ' ').trim(), directives }
}
