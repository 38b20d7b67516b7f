import {
  type AndOr,
  type Command,
  forEachChild,
  type If,
  parse,
  type Redirection,
  type SyntaxNode,
  type Word,
} from 'unbash'
import { holds, isTest } from './shell-conditions.ts'
import type { Visitor } from './shell-visitor.ts'
import {
  assign,
  type Context,
  type Field,
  fieldsOf,
  isWord,
  literal,
  type Scope,
  wordsOf,
} from './shell-words.ts'

/** Follows a script as a shell would, as far as its text decides what that does, and calls back for each command. */
export function followScript({ text, scope, generation }: Context, visitor: Visitor, maybe = false): void {
  const script = parse(text.text)
  if (script.errors?.length) {
    visitor.unread(text, 0, text.text.length, false)
    return
  }
  follow({ text, scope, generation, visitor, maybe }, script)
}

interface State extends Context {
  readonly visitor: Visitor
  readonly maybe: boolean
}

function follow(state: State, node: SyntaxNode): void {
  switch (node.type) {
    case 'Script':
    case 'CompoundList':
      for (const one of node.commands) follow(state, one)
      return
    case 'Statement':
    case 'Redirected':
      follow(state, node.command)
      return
    case 'BraceGroup':
      follow(state, node.body)
      return
    case 'Subshell':
      follow({ ...state, scope: new Map(state.scope) }, node.body)
      return
    case 'Pipeline':
      for (const one of node.commands) follow({ ...state, scope: new Map(state.scope) }, one)
      return
    case 'AndOr':
      followList(state, node)
      return
    case 'If':
      followIf(state, node)
      return
    case 'For':
      followFor(state, node.name.value, node.wordlist, node.body)
      return
    case 'While':
      perhaps(state, node)
      return
    case 'Case':
      perhaps(state, node)
      return
    case 'Command':
      followCommand(state, node)
      return
    case 'TestCommand':
    case 'ArithmeticCommand':
      return
    default:
      // Functions, whose words their calls decide, and what no recipe has.
      state.visitor.unread(state.text, node.pos, node.end, false)
  }
}

function followList(state: State, { commands, operators }: AndOr): void {
  const [first, ...rest] = commands
  follow(state, first!)
  const decided = operators.includes('||') ? undefined : holds(state, first!)
  if (decided === false) return
  const unsure = operators.includes('||') || (decided === undefined && isTest(first!))
  for (const one of rest) unsure ? perhaps(state, one) : follow(state, one)
}

function followIf(state: State, node: If): void {
  let unsure = false
  for (const { clause, then } of [node, ...node.elif]) {
    follow(state, clause)
    const decided = holds(state, clause)
    if (decided === false) continue
    decided && !unsure ? follow(state, then) : perhaps(state, then)
    if (decided) return
    unsure = true
  }
  if (node.else) unsure ? perhaps(state, node.else) : follow(state, node.else)
}

function followFor(state: State, name: string, list: readonly Word[] | undefined, body: SyntaxNode): void {
  const items = list?.flatMap(word => fieldsOf(word, state)) ?? [{ text: undefined }]
  for (const { text } of items) {
    state.scope.set(name, text)
    follow(state, body)
  }
  forget(state.scope, body)
}

/** What runs, if at all, or again and again: what it assigns is not known afterwards, nor in a second round. */
function perhaps(state: State, node: SyntaxNode): void {
  const scope = new Map(state.scope)
  const again = node.type === 'While'
  if (again) forget(scope, node)
  const inner = { ...state, scope, maybe: true }
  if (node.type === 'While') {
    follow(inner, node.clause)
    follow(inner, node.body)
  } else if (node.type === 'Case') {
    for (const { body } of node.items) follow({ ...inner, scope: new Map(scope) }, body)
  } else follow(inner, node)
  forget(state.scope, node)
}

function forget(scope: Scope, node: SyntaxNode): void {
  if (node.type === 'Assignment') scope.set(node.name, undefined)
  forEachChild(node, child => forget(scope, child))
}

function followCommand(state: State, node: Command): void {
  const { text, visitor, maybe } = state
  const [name, ...args] = wordsOf(node, state)
  if (!name) {
    if (node.name) return
    for (const one of node.prefix) if (one.type === 'Assignment') assign(one, state, state.scope)
    followHeredoc(state, node.redirects)
    return
  }
  const source = text.text.slice(node.pos, node.end)
  const scope: Scope = new Map(state.scope)
  for (const one of node.prefix) if (one.type === 'Assignment') assign(one, state, scope)
  if (name.text === undefined) {
    visitor.unread(text, node.pos, node.end, true)
    return
  }
  if (/^(export|readonly)$/.test(name.text)) {
    for (const one of node.args) if (!isWord(one)) assign(one, state, state.scope)
  }
  if (isShell(name.text)) {
    followShell({ ...state, scope }, node, args)
    return
  }
  visitor.call({ line: name.line, source, name: name.text, args, scope, maybe })
}

export const isShell = (name: string) => /^(\S*\/)?(sh|bash|dash|ash)$/.test(name)

/** `bash -c 'script'`, or a script in a here-document; one in a file cannot be read here. */
function followShell(state: State, node: Command, args: readonly Field[]): void {
  const given = args.findIndex(({ text }) => /^-[a-z]*c$/.test(text ?? ''))
  if (given < 0 && args.every(({ text }) => text?.startsWith('-')) && node.redirects.some(isHeredoc)) {
    followHeredoc(state, node.redirects)
    return
  }
  const script = node.args.filter(isWord)[given + 1]
  const inner = given < 0 || !script ? undefined : literal(script, state.text)
  if (!inner) {
    state.visitor.unread(state.text, node.pos, node.end, true)
    return
  }
  followScript({ ...state, text: inner, scope: new Map(state.scope) }, state.visitor, state.maybe)
}

const isHeredoc = ({ type }: Redirection) => type === 'HereDoc'

function followHeredoc(state: State, redirects: readonly Redirection[]): void {
  const { text, scope, visitor, maybe } = state
  for (const one of redirects) {
    if (one.type !== 'HereDoc') continue
    const { pos, end } = one.body
    const script = { text: text.text.slice(pos, end), lineAt: (offset: number) => text.lineAt(pos + offset) }
    if (/^#!(?!.*\b(sh|bash|dash|ash)\s*$)/m.test(script.text.split('\n')[0]!))
      visitor.unread(text, pos, end, true)
    else followScript({ ...state, text: script, scope: new Map(scope) }, visitor, maybe)
  }
}
