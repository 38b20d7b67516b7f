import type { Text } from '../lib/dockerfile-instruction.ts'
import type { Field, Scope } from './shell-words.ts'

/** A command that a script runs, with its words as the shell would make them. */
export interface Call {
  readonly line: number
  /** As it is written. */
  readonly source: string
  readonly name: string
  readonly args: readonly Field[]
  /** The variables that it sees. */
  readonly scope: Scope
  /** It stands under a condition that cannot be decided here. */
  readonly maybe: boolean
}

/** A part of a script whose commands cannot be known from its text. */
export interface Unread {
  readonly line: number
  readonly source: string
}

export interface Visitor {
  call(call: Call): void
  /** `of`: the text in question, where lines are worth telling only if a command of ours stands in them. */
  unread(text: Text, from: number, to: number, isOpaque: boolean): void
}
