import type { FaultBench } from './bench.ts'

/** One thing that goes wrong, and what is done while it does. */
export interface Fault {
  /** The kind of fault, one row of the report. */
  readonly family: string
  /** Says what is wrong; with the family and the act no two are alike. */
  readonly name: string
  readonly act: Act
  /** In the sample that every run of the tests takes. */
  readonly sample?: boolean
  /** Brings the fault about. */
  inject(bench: FaultBench): Injected
  /** What happens instead of the act alone: it is killed, or not the only one. */
  perform?(bench: FaultBench, injected: Injected): Promise<Outcome>
}

/** What an injected fault says of the act's surroundings, and how it is taken away. */
export interface Injected {
  undo?(): void
  readonly env?: Environment
  /** A program and arguments that run what follows them. */
  readonly wrap?: readonly string[]
}

export type Environment = Readonly<Record<string, string | undefined>>

/** A command of the workshop, and what of its result has to be the same whatever goes wrong. */
export interface Act {
  readonly name: string
  readonly argv: readonly string[]
  /** Lays out what it works on. */
  prepare?(bench: FaultBench): void
  /** The image that it writes, if it writes one. */
  readonly writes?: string
  /** Everything of a result that somebody may rely on. */
  observe(bench: FaultBench, stdout: string): string
}

export interface Outcome {
  /** Undefined for what was ended after `patience`. */
  readonly exitCode: number | undefined
  readonly stdout: string
  /** Both streams, as they came. */
  readonly output: string
}

export type Verdict = 'clean' | 'clear error' | 'stack' | 'wrong'

/** How a fault came out; `why` is said of what must not be. */
export interface Result {
  readonly fault: Fault
  readonly verdict: Verdict
  readonly why?: string
  readonly seconds: number
}
