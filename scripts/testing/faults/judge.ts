import type { Outcome, Verdict } from './fault.ts'

export interface Judgement {
  readonly verdict: Verdict
  readonly why?: string
}

/**
 * Whether a command under a fault did what it promises: the right result, or one line that says why there is none.
 * @param observed what came out, `expected` what comes out undisturbed
 */
export function judge(outcome: Outcome, observed: () => string, expected: string): Judgement {
  const { exitCode, output } = outcome
  if (exitCode === undefined) return { verdict: 'stack', why: `it did not end:\n${tail(output)}` }
  if (hasStack(output)) return { verdict: 'stack', why: tail(output) }
  if (exitCode === 0) {
    const seen = observed()
    if (seen === expected) return { verdict: 'clean' }
    return { verdict: 'wrong', why: `exit code 0, and ${difference(expected, seen)}\n${tail(output)}` }
  }
  const lines = errorLines(output)
  if (lines.length === 1) return { verdict: 'clear error' }
  return {
    verdict: 'stack',
    why: `exit code ${exitCode} with ${lines.length} error lines:\n${tail(output)}`,
  }
}

/** A frame of a stack, as node prints it. */
export function hasStack(output: string): boolean {
  return /\n[^\n]*\s+at (?:.*\(.*:\d+:\d+\)|(?:async )?(?:file:\/\/)?\/\S*:\d+:\d+)/.test(output)
}

/** Ours begin a line; turbo puts the task's name before them. */
export function errorLines(output: string): string[] {
  return output.split('\n').filter(line => /^(?:[\w.-]+:build: )?error: /.test(line))
}

function difference(expected: string, seen: string): string {
  const [before, after] = [expected.split('\n'), seen.split('\n')]
  const at = before.findIndex((line, index) => line !== after[index])
  const line = at < 0 ? before.length : at
  return `'${(after[line] ?? 'nothing').slice(0, 200)}' where '${(before[line] ?? 'nothing').slice(0, 200)}' is right`
}

const tail = (output: string) => output.trimEnd().split('\n').slice(-30).join('\n').slice(-3000)
