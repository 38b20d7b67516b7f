import { existsSync, readdirSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { UserError } from '../../lib/errors.ts'
import { built } from './acts.ts'
import { type FaultBench, tried } from './bench.ts'
import type { Act, Fault, Result } from './fault.ts'
import { type Judgement, judge } from './judge.ts'

const undisturbed = new Map<string, string>()

/** Injects a fault, judges what comes of it, takes it away and, unless all came out well, looks whether all is well again. */
export async function runFault(bench: FaultBench, fault: Fault): Promise<Result> {
  const expected = await expectedOf(bench, fault.act)
  const started = performance.now()
  const judgement = await disturbed(bench, fault, expected)
  bench.restore()
  return { fault, ...judgement, seconds: (performance.now() - started) / 1000 }
}

async function disturbed(bench: FaultBench, fault: Fault, expected: string): Promise<Judgement> {
  const { act } = fault
  act.prepare?.(bench)
  const injected = fault.inject(bench)
  let judgement: Judgement
  let advised: string | undefined
  try {
    const outcome = fault.perform ? await fault.perform(bench, injected) : await bench.run(act.argv, injected)
    advised = /run '(npx turbo run build --force [^']*)'/.exec(outcome.output)?.[1]
    judgement = judge(outcome, () => act.observe(bench, outcome.stdout), expected)
  } finally {
    injected.undo?.()
  }
  const left = await lasting(bench)
  if (left.length > 0) return { verdict: 'wrong', why: `left behind: ${left.join('\n')}` }
  if (judgement.verdict !== 'clear error') return judgement
  return (await lost(bench, act, expected, advised)) ?? judgement
}

/** What still is there after a moment: the kernel takes its time to end what was killed. */
async function lasting(bench: FaultBench): Promise<string[]> {
  for (let tries = 0; tries < 50; tries++) {
    if (bench.leftovers().length === 0) return []
    await setTimeout(100)
  }
  return bench.leftovers()
}

/** Says what an error left worse than it was: an image, or what the next run gives when one did what the error advised. */
async function lost(
  bench: FaultBench,
  act: Act,
  expected: string,
  advised: string | undefined,
): Promise<Judgement | undefined> {
  if (act.writes && existsSync(bench.output(act.writes)) && built(bench, act.writes) !== expected)
    return { verdict: 'wrong', why: `it left a bad dist/: ${built(bench, act.writes)}` }
  const isWhole = tried.every(image => !built(bench, image).includes('is damaged'))
  // Whether there is anything that it might have harmed is quicker to look at than another run.
  if (isWhole && !hasBegun(bench, act)) return undefined
  act.prepare?.(bench)
  if (!isWhole && advised) await bench.run(['sh', '-c', advised])
  const outcome = await bench.run(act.argv)
  const next = judge(outcome, () => act.observe(bench, outcome.stdout), expected)
  return next.verdict === 'clean'
    ? undefined
    : { verdict: 'wrong', why: `the next run is ${next.verdict}: ${next.why ?? outcome.output}` }
}

/** Whether a command that failed had come as far as to write something. */
function hasBegun(bench: FaultBench, { writes }: Act): boolean {
  if (!writes) return false
  const work = bench.path('images', writes, 'work')
  return (
    !existsSync(bench.output(writes)) ||
    (existsSync(work) && readdirSync(work).some(name => name !== 'proven'))
  )
}

async function expectedOf(bench: FaultBench, act: Act): Promise<string> {
  const known = undisturbed.get(act.name)
  if (known !== undefined) return known
  act.prepare?.(bench)
  const outcome = await bench.run(act.argv)
  const expected = act.observe(bench, outcome.stdout)
  if (outcome.exitCode !== 0)
    throw new UserError(
      `without any fault '${act.name}' fails:\n  ${outcome.output.trim().replaceAll('\n', '\n  ')}`,
    )
  undisturbed.set(act.name, expected)
  return expected
}
