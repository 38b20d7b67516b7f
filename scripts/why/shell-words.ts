import type {
  Assignment,
  Command,
  CommandArgument,
  ParameterExpansionPart,
  ParsedScript,
  Word,
  WordPart,
} from 'unbash'
import type { Text } from '../lib/dockerfile-instruction.ts'

/** A word of a command; without a text where only a running shell knows it. */
export interface Field {
  readonly text: string | undefined
  readonly line: number
}

/** Variables; undefined for one whose value is not known, absent for one that nothing sets. */
export type Scope = Map<string, string | undefined>

/** Which of `if_al2` and `if_al2023` acts. */
export type Generation = 'al2' | 'al2023'

/** Where words stand: the script, and what holds there. */
export interface Context {
  readonly text: Text
  readonly scope: Scope
  readonly generation: Generation
}

/** The words that a shell makes of a command as it is written. */
export function wordsOf({ name, args }: Command, context: Context): Field[] {
  return [...(name ? [name] : []), ...args.filter(isWord)].flatMap(word => fieldsOf(word, context))
}

export const isWord = (one: CommandArgument): one is Word => one.type === 'Word'

/** Gives a variable of `into` its value. */
export function assign({ name, value, append }: Assignment, context: Context, into: Scope): void {
  const texts = value.type === 'Word' ? fieldsOf(value, context).map(({ text }) => text) : [undefined]
  into.set(name, append || texts.includes(undefined) ? undefined : texts.join(' '))
}

/** The text of a word that is quoted as a whole and has nothing that the outer shell replaces. */
export function literal({ parts = [], value, pos }: Word, { text, lineAt }: Text): Text | undefined {
  const [part] = parts
  const isPlain =
    part?.type === 'SingleQuoted' ||
    (part?.type === 'DoubleQuoted' && part.parts.every(({ type }) => type === 'Literal'))
  if (parts.length !== 1 || !isPlain || !text.startsWith(value, pos + 1)) return undefined
  return { text: value, lineAt: offset => lineAt(pos + 1 + offset) }
}

/** A word, or several, or none where an unquoted variable or command stands for as many. */
export function fieldsOf(word: Word, context: Context): Field[] {
  const line = context.text.lineAt(word.pos)
  const { parts } = word
  if (!parts) return [{ text: word.value, line }]
  const [only] = parts
  if (parts.length === 1 && only?.type === 'CommandExpansion') {
    return printed(only.script, context) ?? [{ text: undefined, line }]
  }
  const value = joinParts(parts, context)
  if (value === undefined || parts.some(({ type }) => /Quoted|LocaleString/.test(type)))
    return [{ text: value, line }]
  return value
    .split(/\s+/)
    .filter(Boolean)
    .map(field => ({ text: field, line }))
}

function joinParts(parts: readonly WordPart[], context: Context): string | undefined {
  const texts = parts.map(part => partValue(part, context))
  return texts.includes(undefined) ? undefined : texts.join('')
}

function partValue(part: WordPart, context: Context): string | undefined {
  switch (part.type) {
    case 'Literal':
    case 'SingleQuoted':
    case 'AnsiCQuoted':
    case 'Glob':
      return part.value
    case 'DoubleQuoted':
    case 'LocaleString':
      return joinParts(part.parts, context)
    case 'SimpleExpansion':
      return context.scope.get(part.text.slice(1))
    case 'ParameterExpansion':
      return expandParameter(part, context)
    case 'CommandExpansion': {
      const fields = printed(part.script, context)
      const texts = fields?.map(({ text }) => text)
      return !texts || texts.includes(undefined) ? undefined : texts.join(' ')
    }
    default:
      return undefined
  }
}

function expandParameter(part: ParameterExpansionPart, context: Context): string | undefined {
  const { parameter: name, operation, prefix, index } = part
  const { scope } = context
  if (prefix || index) return undefined
  if (!operation) return scope.get(name)
  if (operation.type !== 'Default' || !/^:?[-+]$/.test(operation.operator)) return undefined
  const value = scope.get(name)
  if (value === undefined && scope.has(name)) return undefined
  const { parts, value: word } = operation.operand
  const operand = parts ? joinParts(parts, context) : word
  if (operation.operator.endsWith('-')) return value || operand
  return value ? operand : ''
}

/** What `$(echo a b)` and `$(if_al2023 echo a b)` print, as words; undefined for another command. */
function printed(script: ParsedScript | undefined, context: Context): Field[] | undefined {
  const [statement, ...more] = script?.commands ?? []
  const command = statement?.command
  if (
    command?.type !== 'Command' ||
    more.length > 0 ||
    script?.source !== undefined ||
    command.redirects.length > 0
  )
    return undefined
  const [name, ...rest] = wordsOf(command, context)
  if (name?.text === 'echo') return rest
  const which = /^if_(al2|al2023)$/.exec(name?.text ?? '')?.[1]
  if (which && which !== context.generation) return []
  return which && rest[0]?.text === 'echo' ? rest.slice(1) : undefined
}
