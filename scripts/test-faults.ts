import { writeFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import { main, print } from './lib/cli.ts'
import { UserError } from './lib/errors.ts'
import { inRepo } from './lib/paths.ts'
import { chosenEngine } from './lib/settings.ts'
import { allFaults } from './testing/faults/all.ts'
import { FaultBench } from './testing/faults/bench.ts'
import type { Fault, Result } from './testing/faults/fault.ts'
import { faultsPage } from './testing/faults/page.ts'
import { reportFailures, reportTable, titleOf } from './testing/faults/report.ts'
import { runFault } from './testing/faults/run-fault.ts'

const usage = `
Usage: npm run test:faults -- [--sample] [--only TEXT]

Brings faults about for real, one after the other, in a copy of this checkout, and looks what comes of each: the right
result, or one line that says why there is none. Fails where there is a stack or a wrong result. On the lab distro and
the chosen engine, as root.
`

const options = {
  sample: { type: 'boolean', help: 'only the few that every run of the tests takes' },
  only: { type: 'string', help: 'those whose title has this text' },
  list: { type: 'boolean', help: 'name the faults and run none' },
  write: { type: 'boolean', help: 'keep the result in docs/faults.md' },
} as const

await main(usage, options, async ({ flags, values }) => {
  const every = allFaults(chosenEngine())
  const faults = every
    .filter(({ sample }) => !flags.sample || sample)
    .filter(fault => titleOf(fault).includes(values.only ?? ''))
  if (flags.list) return print([...faults.map(titleOf), `${faults.length} faults`].join('\n'))
  if (flags.write && values.only !== undefined)
    throw new UserError('--write keeps a full run, or that of the sample: leave out --only')
  if (process.getuid?.() !== 0) throw new UserError('faults mount and forbid: run this as root')
  const results = await inject(faults)
  const failures = reportFailures(results)
  print(failures.join('\n\n'))
  print(`\n${reportTable(results)}`)
  const ran = `${faults.length} of ${every.length} faults, ${today()}; ${machine()}`
  if (flags.write) writeFileSync(inRepo('docs', 'faults.md'), faultsPage(reportTable(results), ran))
  if (failures.length > 0)
    throw new UserError(`${failures.length} faults came out as none may; the lines above say how`)
})

async function inject(faults: readonly Fault[]): Promise<Result[]> {
  const bench = await FaultBench.open()
  const results: Result[] = []
  process.once('SIGINT', () => {
    bench.remove()
    process.exit(130)
  })
  try {
    for (const [index, fault] of faults.entries()) {
      const result = await runFault(bench, fault)
      results.push(result)
      const { verdict, seconds } = result
      print(
        `${index + 1}/${faults.length} ${verdict.padEnd(11)} ${seconds.toFixed(1).padStart(5)} s  ${titleOf(fault)}`,
      )
    }
  } finally {
    bench.remove()
  }
  return results
}

function today(): string {
  return new Date().toISOString().slice(0, 10)
}

function machine(): string {
  return [
    `${cpus().length} × ${cpus()[0]?.model ?? 'an unknown processor'}`,
    `${Math.round(totalmem() / 2 ** 30)} GiB`,
    `Linux ${release()}`,
    `Node ${process.versions.node}`,
    chosenEngine(),
  ].join(', ')
}
