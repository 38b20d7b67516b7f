import { setTimeout } from 'node:timers/promises'
import { numbers } from '../../numbers.ts'
import { build, directly, turboBuild } from '../acts.ts'
import type { Act, Fault, Outcome } from '../fault.ts'

const random = numbers(3)
const signals = ['SIGKILL', 'SIGTERM', 'SIGINT'] as const

/** A build that is killed at some point, and at once tried again: the second has to come out as if there had been no first. */
export function killedFaults(): Fault[] {
  const of = (act: Act, most: number, count: number, sample = false) =>
    Array.from({ length: count }, (_, index) =>
      killed(act, signals[index % signals.length]!, index % 2 === 0, random(most), sample && index === 0),
    )
  return [
    ...of(build('minimal-base-nonroot'), 4000, 18, true),
    ...of(build('minimal-base'), 12_000, 9),
    ...of(
      {
        ...turboBuild('minimal-base-nonroot'),
        argv: [...turboBuild('minimal-base-nonroot').argv, '--force', '--only'],
      },
      4000,
      3,
    ),
  ]
}

function killed(act: Act, signal: NodeJS.Signals, group: boolean, after: number, sample: boolean): Fault {
  return {
    family: 'a build killed, and started again',
    name: `${signal} to ${group ? 'all its processes' : 'it alone'} after ${after} ms`,
    act,
    sample,
    inject: () => ({}),
    async perform(bench): Promise<Outcome> {
      const first = bench.start(directly(act))
      await setTimeout(after)
      first.signal(signal, group)
      const { output } = await first.ended
      const second = await bench.run(act.argv)
      // Its error line is about the signal, and expected; a stack is not.
      return {
        ...second,
        output: `${output.replace(/^(\S+:build: )?error: /gm, 'at first: ')}\n${second.output}`,
      }
    },
  }
}

/** Two builds of one image at the same time: one of them builds it, and the other one too or says who is at it. */
export function twoAtOnce(): Fault[] {
  const act = build('minimal-base-nonroot')
  return Array.from({ length: 4 }, (_, index) => {
    const later = index * 300
    return {
      family: 'two builds of one image at once',
      name: `the second ${later} ms after the first`,
      act,
      sample: index === 1,
      inject: () => ({}),
      async perform(bench) {
        const first = bench.start(act.argv)
        await setTimeout(later)
        const [one, other] = await Promise.all([first.ended, bench.run(act.argv)])
        // Both fail, or one does: that one has to say why. Else the result is looked at.
        return [one, other].find(({ exitCode }) => exitCode !== 0) ?? one
      },
    }
  })
}
