import { type Dockerfile, findStage, type Stage } from '../lib/dockerfile.ts'
import type { Instruction } from '../lib/dockerfile-instruction.ts'
import { UserError } from '../lib/errors.ts'

/** The context that files of here-documents come from. */
export const hereDocuments = 'here-documents'

export interface PlainDockerfile {
  readonly text: string
  /** What here-documents hold, by path in the context. */
  readonly files: readonly { readonly path: string; readonly content: string }[]
}

/**
 * The same Dockerfile, line for line, without what engines read differently: buildah before 1.33 knows no here-documents
 * and takes their lines for instructions, and it tells names of stages in capitals from those in small letters. What is
 * plain already stays as it is written. Throws UserError for a here-document that cannot be put otherwise.
 */
export function writePlainly(file: string, content: string, { stages }: Dockerfile): PlainDockerfile {
  const lines = content.split('\n')
  const files: { path: string; content: string }[] = []
  const replace = ({ line, lastLine }: Lines, text: string): void => {
    const padding = Array.from({ length: lastLine - line }, () => '')
    lines.splice(line - 1, lastLine - line + 1, text, ...padding)
  }
  const refuse = (line: number, what: string): never => {
    throw new UserError(`${file}:${line} ${what}: keep the text in a file beside the Dockerfile and COPY it`)
  }
  for (const stage of stages) {
    const { name, on, base } = stage
    const from = ['FROM', ...flagsOf(stage, stages), on?.name ?? base, ...(name ? ['AS', name] : [])]
    const written = lines
      .slice(stage.line - 1, stage.lastLine)
      .join(' ')
      .split(/\s+/)
    if ([name, on?.name].some(one => one && !written.includes(one))) replace(stage, from.join(' '))
    for (const one of stage.instructions) {
      const head = [one.keyword, ...flagsOf(one, stages)].join(' ')
      if (one.keyword === 'RUN' && one.heredocs.length > 0) {
        replace(one, `${head} ${JSON.stringify([...shellOf(stage, one), scriptOf(one, refuse)])}`)
      } else if (one.heredocs.length > 0) {
        const made = filesOf(one, refuse)
        files.push(...made)
        const words = one.body.text.split('\n')[0]!.trim().split(/\s+/)
        const copy = ['COPY', ...flagsOf(one, stages), `--from=${hereDocuments}`]
        replace(one, [...copy, ...made.map(({ path }) => path), words.at(-1)].join(' '))
      } else if (one.from.some(name => findStage(name, stages)?.name && name !== name.toLowerCase())) {
        replace(one, `${head} ${one.body.text.trim()}`)
      }
    }
  }
  return { text: lines.join('\n'), files }
}

type Lines = Pick<Stage, 'line' | 'lastLine'>

type Refuse = (line: number, what: string) => never

/** With the names of stages in small letters. */
function flagsOf({ flags }: Pick<Instruction, 'flags'>, stages: readonly Stage[]): string[] {
  const plain = (name: string) => findStage(name, stages)?.name ?? name
  return flags.map(({ name, value }) => {
    if (name === 'from') return `--from=${/^\d+$/.test(value) ? value : plain(value)}`
    const mount = value.replace(
      /(^|,)from=([^,]*)/,
      (_all, before, from) => `${before}from=${/^\d+$/.test(from) ? from : plain(from)}`,
    )
    return value === '' ? `--${name}` : `--${name}=${mount}`
  })
}

function shellOf(stage: Stage, { line }: { line: number }): readonly string[] {
  const set = stage.instructions.findLast(one => one.keyword === 'SHELL' && one.line < line)?.words
  return set ?? (stage.on ? shellOf(stage.on, stage) : ['/bin/sh', '-c'])
}

/** What the shell gets: the document, if it is all there is, else the command with its documents. */
function scriptOf({ body, heredocs, line }: Instruction, refuse: Refuse): string {
  const [only] = heredocs
  if (body.text.split('\n')[0]!.trim() !== only!.opening) return body.text
  if (only!.content.startsWith('#!'))
    refuse(line, 'has a here-document for another program, which buildah cannot run')
  return contentOf(only!)
}

const contentOf = ({ opening, content }: Instruction['heredocs'][number]) =>
  opening.startsWith('<<-') ? content.replace(/^\t+/gm, '') : content

function filesOf({ body, heredocs, line }: Instruction, refuse: Refuse): { path: string; content: string }[] {
  const sources = body.text.split('\n')[0]!.trim().split(/\s+/).slice(0, -1)
  if (sources.length !== heredocs.length)
    refuse(line, 'copies here-documents along with files, which buildah cannot')
  return heredocs.map(one => {
    const content = contentOf(one)
    if (!/["']/.test(one.opening) && /[$\\]/.test(content))
      refuse(
        line,
        `has a here-document with variables (${one.opening}), which buildah cannot copy; quote its name if they are none, or`,
      )
    return { path: `${line}/${one.opening.replace(/[<\-"']/g, '')}`, content }
  })
}
