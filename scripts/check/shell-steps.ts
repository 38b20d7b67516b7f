import { readFileSync } from 'node:fs'
import { parseDockerfile } from '../lib/dockerfile.ts'
import { inRepo } from '../lib/paths.ts'

/** The shell of every `RUN` of a Dockerfile, with the line that it begins at. */
export function shellSteps(file: string): { where: string; script: string }[] {
  const { stages } = parseDockerfile(readFileSync(inRepo(file), 'utf8'))
  return stages
    .flatMap(({ instructions }) => instructions)
    .filter(({ keyword, words, heredocs }) => keyword === 'RUN' && !words && heredocs.length === 0)
    .map(({ line, body }) => ({ where: `${file}:${line}`, script: `${body.text.trim()}\n` }))
}
