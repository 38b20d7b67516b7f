import type { SyntaxNode } from 'unbash'
import { type Context, wordsOf } from './shell-words.ts'

/** A command that is called for its exit code. */
export function isTest(node: SyntaxNode): boolean {
  if (node.type === 'Pipeline') return node.commands.length === 1 && isTest(node.commands[0]!)
  return (
    node.type === 'TestCommand' ||
    (node.type === 'Command' && /^(test|\[|command|grep|which)$/.test(node.name?.value ?? ''))
  )
}

/** Whether `test A = B`, `[ -n A ]` … holds; undefined if only the shell can tell. */
export function holds(context: Context, node: SyntaxNode): boolean | undefined {
  if (node.type === 'CompoundList')
    return node.commands.length === 1 ? holds(context, node.commands[0]!) : undefined
  if (node.type === 'Statement') return holds(context, node.command)
  if (node.type === 'Pipeline') {
    const inner = node.commands.length === 1 ? holds(context, node.commands[0]!) : undefined
    const isNegated = node.prefixes.some(({ type }) => type === 'Negation')
    return inner === undefined ? undefined : inner !== isNegated
  }
  if (node.type !== 'Command' || !node.name) return undefined
  const all = wordsOf(node, context).map(({ text }) => text)
  if (all.includes(undefined)) return undefined
  const [name, ...rest] = all
  if (name === 'true' || name === 'false') return name === 'true'
  if (name !== 'test' && name !== '[') return undefined
  const [a, b, c, ...more] = rest.filter(word => word !== ']')
  if (more.length > 0) return undefined
  if (c !== undefined) return b === '!=' ? a !== c : b === '=' || b === '==' ? a === c : undefined
  if (b === undefined) return undefined
  return a === '-n' ? b !== '' : a === '-z' ? b === '' : undefined
}
