import { type Dockerfile, findStage, type Stage } from '../lib/dockerfile.ts'
import type { Instruction } from '../lib/dockerfile-instruction.ts'

/** What an engine is given to run instead of the Dockerfile itself. */
export interface Recipe {
  readonly dockerfile: string
  /** Stages that do nothing but give an image another name → that image. Engines are given them as contexts. */
  readonly aliases: ReadonlyMap<string, string>
  /** The last stage is the newroot, which began as the parent: what is not in the newroot is not in the image. */
  readonly replacesParent: boolean
  /** Where the `RUN` steps that made the image itself had something mounted: engines make folders there, and some forget to remove them. */
  readonly mounts: readonly string[]
}

/** A context that each step on an image has mounted: its name, and an absolute path. */
export interface Lent {
  readonly from: string
  readonly place: string
}

/** The context that is an image without a file: the parent's configuration, for a newroot that has the parent's files. */
export const configurationContext = 'configuration-of-parent'

/**
 * Rewrites the `FROM` lines of a Dockerfile, line by line, so that all others keep their numbers:
 * - A last stage that copies a newroot over its parent starts from the parent's configuration alone. Copying deletes
 *   nothing, so what a recipe removed from its parent would be gone from the database and still be there to run.
 * - A step has mounted what the image lends that its stage is made on.
 * - A stage that only gives an image another name goes: buildah deletes the image of such a stage when it is done.
 * @param parent what the Dockerfile calls the image's parent
 * @param lent what a context of that name lends to steps on it
 */
export function rewriteRecipe(
  text: string,
  dockerfile: Dockerfile,
  parent: string | undefined,
  lent: (context: string) => readonly Lent[],
): Recipe {
  const { stages } = dockerfile
  const last = stages.at(-1)!
  const isAlias = (stage: Stage) =>
    stage !== last && !stage.on && stage.name && stage.base !== 'scratch' && stage.instructions.length === 0
  const aliases = new Map(stages.filter(isAlias).map(({ name, base }) => [name!, base] as const))
  const base = last.on && isAlias(last.on) ? last.on.base : last.base
  const replacesParent = parent !== undefined && base === parent && copiesNewroot(last, stages, parent)
  const lines = text.split('\n')
  const lentTo = new Map(stages.map(stage => [stage, lent(rootOf(stage).base)]))
  for (const [index, stage] of stages.entries()) {
    const from = fromLine(stage, index, stage === last && replacesParent)
    lines.fill('', stage.line - 1, stage.lastLine)
    lines[stage.line - 1] = isAlias(stage) ? '' : from
  }
  for (const [stage, places] of lentTo) {
    for (const run of stage.instructions.filter(({ keyword }) => keyword === 'RUN')) {
      const mounts = places.filter(({ place }) => !mountsOfStep(run).includes(place)).map(mountOf)
      lines[run.line - 1] = lines[run.line - 1]!.replace(/^\s*RUN\b/i, word => [word, ...mounts].join(' '))
    }
  }
  for (const { line, lastLine, from } of stages.flatMap(({ instructions }) => instructions)) {
    for (const name of from.filter(one => /^\d+$/.test(one))) {
      for (let at = line - 1; at < lastLine; at++) {
        lines[at] = lines[at]!.replace(
          new RegExp(`\\bfrom=${name}\\b`),
          `from=${nameOf(stages[Number(name)]!, Number(name))}`,
        )
      }
    }
  }
  const mounts = stagesBeneath(last).flatMap(stage => [
    ...stage.instructions.flatMap(mountsOfStep),
    ...(stage.instructions.some(({ keyword }) => keyword === 'RUN') ? lentTo.get(stage)! : []).map(
      ({ place }) => place,
    ),
  ])
  return { dockerfile: lines.join('\n'), aliases, replacesParent, mounts }
}

/** The stage and those that it is made on, itself last. */
const stagesBeneath = (stage: Stage): Stage[] => [...(stage.on ? stagesBeneath(stage.on) : []), stage]

const rootOf = (stage: Stage) => stagesBeneath(stage)[0]!

const mountsOfStep = ({ flags }: Instruction): string[] =>
  flags
    .filter(({ name }) => name === 'mount')
    .flatMap(({ value }) => /(?:^|,)(?:target|dst|destination)=([^,]+)/.exec(value)?.[1] ?? [])

const mountOf = ({ from, place }: Lent) => `--mount=type=bind,from=${from},target=${place}`

/** Numbers shift when a stage goes, so each has a name. */
const nameOf = ({ name }: Stage, index: number) => name ?? `stage-${index}`

function fromLine(stage: Stage, index: number, isNewroot: boolean): string {
  const flags = stage.flags.map(({ name, value }) => `--${name}=${value} `).join('')
  const base = isNewroot ? configurationContext : stage.base
  return `FROM ${isNewroot ? '' : flags}${base} AS ${nameOf(stage, index)}`
}

/** Whether a stage copies, to its root, a folder of an earlier stage into which that had copied all of the parent. */
function copiesNewroot(last: Stage, stages: readonly Stage[], parent: string): boolean {
  return copies(last).some(({ from, source, target }) => {
    const stage = findStage(from, stages)
    if (!stage || target !== '' || source === '') return false
    return copies(stage).some(copy => {
      const copied = findStage(copy.from, stages)
      const image = copied ? copied.instructions.length === 0 && copied.base : copy.from
      return image === parent && copy.source === '' && copy.target === source
    })
  })
}

/** The `COPY --from` of a stage with one source, and of the stages that it is made on. Paths without the last slash. */
function copies(stage: Stage): { from: string; source: string; target: string }[] {
  const own = stage.instructions
    .filter(({ keyword, from }) => keyword === 'COPY' && from.length === 1)
    .flatMap(one => {
      const words = wordsOf(one)
      if (words.length !== 2) return []
      const [source, target] = words.map(word => word.replace(/\/+\.?$/, '')) as [string, string]
      return [{ from: one.from[0]!, source, target }]
    })
  return [...(stage.on ? copies(stage.on) : []), ...own]
}

const wordsOf = ({ words, body }: Instruction) => words ?? body.text.trim().split(/\s+/)
