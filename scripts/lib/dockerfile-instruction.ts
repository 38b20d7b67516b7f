import type { Flag, Heredoc, Instruction as Node } from 'dockerfile-ast'

export interface Instruction {
  /** In upper case: `RUN`. */
  readonly keyword: string
  readonly line: number
  readonly lastLine: number
  readonly flags: readonly { readonly name: string; readonly value: string }[]
  /** What follows the flags. */
  readonly body: Text
  /** The words of an exec form: `["a", "b"]`. */
  readonly words?: readonly string[]
  readonly heredocs: readonly Heredocument[]
  /** The stages and images that `COPY --from=` and `RUN --mount=from=` name. */
  readonly from: readonly string[]
  /** What `ARG` and `ENV` have set before it. */
  readonly variables: Variables
}

/** Text as an engine passes it on: continued lines joined, the comments among them gone, here-documents as they are. */
export interface Text {
  readonly text: string
  /** The line of the Dockerfile, from 1, that a character of `text` stands in. */
  readonly lineAt: (offset: number) => number
}

export interface Heredocument {
  /** As it is written: `<<-"EOF"`. */
  readonly opening: string
  readonly content: string
  readonly closed: boolean
}

/** Empty for an `ARG` without a value, undefined for what only the image that a stage starts from can tell. */
export type Variables = Readonly<Record<string, string | undefined>>

/** Puts values for `$NAME`, `${NAME}`, `${NAME:-else}` and `${NAME:+then}`; undefined if one is not known. */
export function expand(text: string, variables: Variables): string | undefined {
  let known = true
  const expanded = text.replace(
    /\\(.)|\$(?:(\w+)|\{(\w+)(?::?([-+])([^{}]*))?\})|\$\{/g,
    (_whole, escaped, bare, braced, operator, word) => {
      if (escaped !== undefined) return escaped
      const value = variables[bare ?? braced]
      if (operator === '-') return value || word
      if (operator === '+') return value ? word : ''
      known &&= value !== undefined
      return value ?? ''
    },
  )
  return known ? expanded : undefined
}

/** `globals` and `args`: where an `ARG` gets its value from, other than the `ENV`s' own text. */
export function assignments(
  node: Node,
  variables: Variables,
  globals: Variables = {},
  args: Variables = {},
): Variables {
  const found: Record<string, string | undefined> = {}
  for (const property of callIfThere<Property[]>(node, 'getProperties')) {
    const [name, written] = [property.getName(), property.getValue()?.replaceAll(mask, '<<')]
    const own = written == null ? (globals[name] ?? '') : expand(written, { ...variables, ...found })
    found[name] = args[name] ?? own
  }
  return found
}

const mask = '\u0001\u0001'

/** The parser takes `<<` in quotes for a here-document, so it gets what no Dockerfile has instead. */
export function masked(source: string): string {
  return source.replace(/'[^'\n]*'|"[^"\n]*"/g, quoted => quoted.replaceAll('<<', mask))
}

/** One instruction of the parser's; `variables` are set before it. */
export function readInstruction(
  node: Node,
  lines: readonly string[],
  escapeMark: string,
  variables: Variables,
): Instruction {
  const { start, end } = node.getRange()
  const flags = callIfThere<Flag[]>(node, 'getFlags').map(flag => ({
    name: flag.getName(),
    value: unquoted(flag.getValue()?.replaceAll(mask, '<<') ?? ''),
  }))
  const mayHave = /^(RUN|COPY|ADD)$/.test(node.getKeyword())
  // The parser takes the `<<` of `$((1 << 3))` for one without a name.
  const heredocs = (mayHave ? callIfThere<Heredoc[]>(node, 'getHeredocs') : []).filter(one => one.getName())
  const body = joined(node, lines, escapeMark, heredocs)
  const words = execForm(body.text)
  return {
    keyword: node.getKeyword(),
    line: start.line + 1,
    lastLine: end.line + 1,
    flags,
    body,
    ...(words && { words }),
    heredocs: heredocs.map(heredoc => readHeredoc(heredoc, lines)),
    from: flags.flatMap(({ name, value }) => {
      if (name === 'from') return [value]
      return name === 'mount' ? (/(?:^|,)"?from=([^",]*)/i.exec(value)?.slice(1) ?? []) : []
    }),
    variables,
  }
}

export const unquoted = (text: string) => text.replace(/^(["'])(.*)\1$/, '$2')

/** Only some kinds of instructions have flags and here-documents. */
function callIfThere<T extends unknown[]>(node: Node, method: string): T {
  const found = (node as unknown as Record<string, unknown>)[method]
  return (typeof found === 'function' ? found.call(node) : []) as T
}

function joined(
  node: Node,
  lines: readonly string[],
  escapeMark: string,
  heredocs: readonly Heredoc[],
): Text {
  const starts: { offset: number; line: number }[] = []
  const range = node.getArgumentsRange()
  if (!range) return { text: '', lineAt: () => node.getRange().start.line + 1 }
  const [opened] = heredocs
  const verbatim = (opened?.getContentRange() ?? opened?.getDelimiterRange())?.start.line ?? Infinity
  const continued = new RegExp(`\\${escapeMark}[ \\t]*$`)
  let text = ''
  for (let index = range.start.line; index <= node.getRange().end.line; index++) {
    const line = index === range.start.line ? lines[index]!.slice(range.start.character) : lines[index]!
    if (index > range.start.line && index < verbatim && /^\s*(#|$)/.test(line)) continue
    starts.push({ offset: text.length, line: index + 1 })
    text += index < verbatim && continued.test(line) ? line.replace(continued, '') : `${line}\n`
  }
  return { text, lineAt: offset => starts.findLast(start => start.offset <= offset)!.line }
}

function readHeredoc(heredoc: Heredoc, lines: readonly string[]): Heredocument {
  const opening = heredoc.getStartRange()
  const content = heredoc.getContentRange()
  const closed = heredoc.getDelimiterRange() !== null
  return {
    opening: lines[opening.start.line]!.slice(opening.start.character, opening.end.character),
    content: content
      ? lines
          .slice(content.start.line, content.end.line + 1)
          .map(line => `${line}\n`)
          .join('')
      : '',
    closed,
  }
}

function execForm(text: string): string[] | undefined {
  if (!text.trimStart().startsWith('[')) return undefined
  try {
    const words: unknown = JSON.parse(text)
    return Array.isArray(words) && words.every(word => typeof word === 'string') ? words : undefined
  } catch {
    // Then it is a shell's: `[ -e /x ]`.
    return undefined
  }
}

interface Property {
  getName(): string
  getValue(): string | null
}
