import type { Outcome } from './play.ts'
import { readScenes } from './scenes.ts'

const failure = /scriptlet failed|script failed|failed to exec/
const remark = /^(warning|error|note): /

/** What went wrong in a scene, a line each; none if nothing did. */
export function troublesOf({ exitCode, log, validateExitCode, validateLog }: Outcome): string[] {
  const { dangling } = readScenes()
  const lines = log.split('\n').filter(Boolean)
  const unproved = validateLog
    .split('\n')
    .filter(line => line && !/^\w+: all /.test(line))
    .filter(line => dangling[line.split(' -> ')[0]!] === undefined)
    // Its last line counts.
    .filter(line => !line.startsWith('validate: '))
  return [
    ...(exitCode === 0 ? [] : [`exit code ${exitCode}: ${lines.at(-1)}`]),
    ...lines.filter(line => failure.test(line)),
    ...unproved,
    ...(validateLog === '' ? [`validate ended with exit code ${validateExitCode}`] : []),
  ]
}

/** What its commands had to remark. */
export const remarksOf = ({ log }: Outcome) => log.split('\n').filter(line => remark.test(line))
