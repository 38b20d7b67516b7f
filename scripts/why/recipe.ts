import { type Dockerfile, type Stage, usedStages } from '../lib/dockerfile.ts'
import type { Instruction } from '../lib/dockerfile-instruction.ts'
import { isOpaque, mention, type Request, requestsOf } from './commands.ts'
import { followScript, isShell } from './shell.ts'
import type { Call, Unread, Visitor } from './shell-visitor.ts'
import type { Context, Field, Generation, Scope } from './shell-words.ts'

export interface Requests {
  readonly requests: readonly Request[]
  /** What may ask for packages, too, and cannot be read here. */
  readonly unread: readonly Unread[]
}

/**
 * What the stages that an image is made of ask the in-image commands for, in the order of the file. Commands that change
 * the builder itself (`NEWROOT=/`, dnf without a root) ask for nothing in the image.
 */
export function readRequests(dockerfile: Dockerfile, generation: Generation): Requests {
  const requests: Request[] = []
  const unread: Unread[] = []
  const own = ownStages(dockerfile)
  for (const stage of usedStages(dockerfile)) {
    const visitor: Visitor = {
      call(call) {
        const line = (at = call.line) => ({ line: at, source: lineOf(call.source, 0) })
        const effective = withoutCondition(call, generation)
        const asked = effective && requestsOf(effective, own.has(stage))
        for (const { word, ...one } of asked ?? []) {
          if (word === undefined) unread.push(line(one.line))
          else requests.push({ ...one, word })
        }
        if (effective && !asked && isOpaque(effective)) unread.push(line())
      },
      unread(text, from, to, isOpaqueText) {
        const part = text.text.slice(from, to)
        const places = isOpaqueText ? [0] : [...part.matchAll(mention)].map(({ index }) => index)
        for (const place of places)
          unread.push({ line: text.lineAt(from + place), source: lineOf(part, place) })
      },
    }
    for (const one of stage.instructions) if (one.keyword === 'RUN') readRun(one, stage, generation, visitor)
  }
  return { requests, unread }
}

/** `if_al2023 install_rpm a` → `install_rpm a`, or nothing. */
function withoutCondition(call: Call, generation: Generation): Call | undefined {
  const which = /^if_(al2|al2023)$/.exec(call.name)?.[1]
  const [next, ...args] = call.args
  if (!which) return call
  return which === generation && next?.text ? { ...call, name: next.text, line: next.line, args } : undefined
}

/** The image that the last stage starts from, by way of other stages or not. */
export function lastFrom({ stages }: Dockerfile): { line: number; name: string } | undefined {
  const last = stages.at(-1)
  if (!last) return undefined
  let first = last
  while (first.on) first = first.on
  return first.base === 'scratch' ? undefined : { line: last.line, name: first.base }
}

/** The last stage and those that it starts from: what acts on their root acts on the image. */
function ownStages({ stages }: Dockerfile): Set<Stage> {
  const own = new Set<Stage>()
  for (let stage = stages.at(-1); stage; stage = stage.on) own.add(stage)
  return own
}

function readRun(one: Instruction, { instructions }: Stage, generation: Generation, visitor: Visitor): void {
  const scope: Scope = new Map(Object.entries(one.variables))
  const shell = instructions.findLast(({ keyword, line }) => keyword === 'SHELL' && line < one.line)
    ?.words?.[0]
  const { body, words } = one
  if (words) {
    readExec(words, { text: body, scope, generation }, visitor)
    return
  }
  if (shell && !isShell(shell)) {
    visitor.unread(body, 0, body.text.length, false)
    return
  }
  followScript({ text: body, scope, generation }, visitor)
}

function readExec(words: readonly string[], context: Context, visitor: Visitor): void {
  const { text: body, scope } = context
  const fields = words.map(
    (text): Field => ({ text, line: body.lineAt(Math.max(0, body.text.indexOf(JSON.stringify(text)))) }),
  )
  const [name, ...args] = fields
  if (!name) return
  const given = isShell(name.text!) ? args.findIndex(({ text }) => /^-[a-z]*c$/.test(text!)) : -1
  const script = given < 0 ? undefined : args[given + 1]
  if (script) {
    followScript({ ...context, text: { text: script.text!, lineAt: () => script.line } }, visitor)
    return
  }
  if (isShell(name.text!)) {
    visitor.unread(body, 0, body.text.length, true)
    return
  }
  visitor.call({ line: name.line, source: words.join(' '), name: name.text!, args, scope, maybe: false })
}

/** The line of a text that a place is in, short enough for an answer. */
function lineOf(text: string, place: number): string {
  const line = text
    .slice(text.lastIndexOf('\n', place) + 1)
    .split('\n')[0]!
    .replace(/\s+/g, ' ')
    .trim()
  return line.length > 80 ? `${line.slice(0, 79)}…` : line
}
