import type { Result, Verdict } from './fault.ts'

/** One row of the report: a family, or all of them. */
interface Row {
  readonly what: string
  readonly counts: Readonly<Record<Verdict, number>>
  readonly seconds: number
}

const verdicts = ['clean', 'clear error', 'stack', 'wrong'] as const
const head = ['what is wrong', 'faults', 'clean', 'clear errors', 'stacks', 'silently wrong', 'seconds']

/** The table of results, one row a family and one for all, as Markdown. */
export function reportTable(results: readonly Result[]): string {
  const families = [...new Set(results.map(({ fault }) => fault.family))]
  const rows = [
    ...families.map(family =>
      rowOf(
        family,
        results.filter(({ fault }) => fault.family === family),
      ),
    ),
    rowOf('**all**', results),
  ].map(({ what, counts, seconds }) => {
    const faults = verdicts.reduce((sum, verdict) => sum + counts[verdict], 0)
    return [what, faults, ...verdicts.map(verdict => counts[verdict]), Math.round(seconds)].map(String)
  })
  const width = head.map((cell, column) =>
    Math.max(...[head, ...rows].map(row => row[column]!.length), cell.length),
  )
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => (column ? cell.padStart(width[column]!) : cell.padEnd(width[0]!))).join(' | ')} |`
  const rule = `| ${width.map((count, column) => (column ? `${'-'.repeat(count - 1)}:` : '-'.repeat(count))).join(' | ')} |`
  return [line(head), rule, ...rows.map(line)].join('\n')
}

function rowOf(what: string, results: readonly Result[]): Row {
  const count = (verdict: Verdict) => results.filter(result => result.verdict === verdict).length
  return {
    what,
    counts: {
      clean: count('clean'),
      'clear error': count('clear error'),
      stack: count('stack'),
      wrong: count('wrong'),
    },
    seconds: results.reduce((sum, { seconds }) => sum + seconds, 0),
  }
}

/** What must not be, one paragraph a fault. */
export function reportFailures(results: readonly Result[]): string[] {
  return results
    .filter(({ verdict }) => verdict === 'stack' || verdict === 'wrong')
    .map(({ fault, verdict, why }) => `${verdict}: ${titleOf(fault)}\n${indent(why ?? '')}`)
}

/** `a full disk: no room in /tmp (build minimal-base)` */
export const titleOf = ({ family, name, act }: Result['fault']) => `${family}: ${name} (${act.name})`

const indent = (text: string) => text.replace(/^/gm, '    ')
