import { readFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import type { EngineName } from '../lib/settings.ts'

/** What was timed → seconds of each round. */
export type Times = Record<string, number[]>
/** The builds that are timed with nothing of them cached. */
export type ColdBuild =
  | 'cold glibc'
  | 'cold glibc, the other platform'
  | 'cold glibc, the other platform, all emulated'
/** How the last one says that it spent its time. */
export type Phases = Partial<Record<ColdBuild, string>>

/** The table of medians, with ratios to the floors, as Markdown. */
export function report(engine: EngineName, times: Times, phases: Phases, rounds: number): string {
  const rows = Object.entries(times).map(([what, values]) => {
    const figures = [median(values), Math.min(...values), Math.max(...values)].map(one => one.toFixed(2))
    return `| ${what} | ${figures.join(' | ')} | ${ratio(what, times, phases)} |`
  })
  const model = /model name\s*: (.*)/.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? 'processor'
  const machine = `${cpus().length} × ${model}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}`
  const spent = Object.entries(phases).map(([what, phase]) => `- ${what}: ${phase}`)
  return `${new Date().toISOString().slice(0, 10)}; ${machine}, Node ${process.versions.node}, ${engine}; ${rounds} rounds, seconds.

| what | median | min | max | ratio |
|---|---|---|---|---|
${rows.join('\n')}

Where the last cold builds' time went; the rest is Node's start and asking the engine for its version:

${spent.join('\n')}
`
}

function ratio(what: string, times: Times, phases: Phases): string {
  const of = (name: string) => median(times[name]!)
  const over = (floor: number) => `${(of(what) / floor).toFixed(2)} × floor`
  if (what === 'cold glibc, the other platform')
    return `${(of(what) / of('cold glibc')).toFixed(2)} × the own one`
  if (what === 'cold glibc, the other platform, all emulated') {
    const other = 'cold glibc, the other platform'
    const inEngine = (engineSeconds(phases[what]) / engineSeconds(phases[other])).toFixed(2)
    return `${(of(what) / of(other)).toFixed(2)} × not emulated, ${inEngine} × in the engine`
  }
  if (what === 'cold glibc') return over(of('floor: dnf') + of('floor: tar and gzip'))
  if (what.startsWith('install_rpm')) return over(of('floor: rpm -U of the same') + of('floor: metadata'))
  return ''
}

const engineSeconds = (phase = '') => Number(/engine ([\d.]+) s/.exec(phase)?.[1])

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!
}
