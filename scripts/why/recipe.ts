/** A word of a recipe that asks for packages: a package's name, a file, a capability. */
export interface Request {
  /** Line of the Dockerfile that the word stands in. */
  readonly line: number
  /** `install_rpm`, `clean_install`, …, as the recipe says it. */
  readonly command: string
  readonly word: string
  /** What the command brings besides: libraries only, or all that is required. */
  readonly follows: 'libraries' | 'everything'
}

/** What a recipe's variables stand for, and which of `if_al2` and `if_al2023` act. */
export interface RecipeContext {
  readonly args: Readonly<Record<string, string>>
  readonly generation: 'al2' | 'al2023'
}

const follows: Readonly<Record<string, Request['follows']>> = {
  install_rpm: 'libraries',
  install_binary: 'libraries',
  install_deps_for_binary: 'libraries',
  clean_install: 'everything',
  dnf: 'everything',
  yum: 'everything',
  rpm: 'libraries',
}

/**
 * What a Dockerfile asks the in-image commands for, in its order. It reads what recipes are written in: commands joined
 * by `&&`, `;` or `|`, variables of `ARG` and `ENV`, `if_al2023` before a command or in `$(if_al2023 echo …)`. Commands
 * that change the builder itself (`NEWROOT=/`) ask for nothing in the image.
 */
export function readRequests(dockerfile: string, { args, generation }: RecipeContext): Request[] {
  const variables: Record<string, string> = {}
  const requests: Request[] = []
  for (const { keyword, text, line } of instructions(dockerfile)) {
    if (keyword === 'ARG' || keyword === 'ENV')
      Object.assign(variables, assignments(text), keep(args, variables))
    if (keyword !== 'RUN') continue
    const told = conditional(substitute(text, { ...variables, ...args }), generation)
    for (const command of commands(told, line)) requests.push(...requestsOf(command, generation))
  }
  return requests
}

/** The image that the last stage starts from. */
export function lastFrom(dockerfile: string): { line: number; name: string } | undefined {
  const from = instructions(dockerfile).findLast(({ keyword }) => keyword === 'FROM')
  const name = from?.text.trim().split(/\s+/)[0]
  return from && name ? { line: from.line, name } : undefined
}

interface Instruction {
  readonly keyword: string
  /** With the line breaks that it has, so that lines can be counted. */
  readonly text: string
  readonly line: number
}

function instructions(dockerfile: string): Instruction[] {
  const found: Instruction[] = []
  const lines = dockerfile.split('\n')
  for (let index = 0; index < lines.length; index++) {
    const start = index
    const [, keyword, rest] = /^\s*([A-Za-z]+)\s+(.*)$/.exec(lines[index]!) ?? []
    if (!keyword || lines[index]!.trimStart().startsWith('#')) continue
    const parts = [rest!]
    const isOpen = () => /\\\s*$/.test(parts.findLast(part => part !== '') ?? '')
    while (isOpen() && index + 1 < lines.length) {
      const next = lines[++index]!
      // A comment does not end an instruction.
      parts.push(next.trimStart().startsWith('#') ? '' : next)
    }
    const text = parts.map(part => part.replace(/\\\s*$/, '')).join('\n')
    found.push({ keyword: keyword.toUpperCase(), text, line: start + 1 })
  }
  return found
}

function assignments(text: string): Record<string, string> {
  const found = [...text.matchAll(/(\w+)=("[^"]*"|'[^']*'|\S*)/g)]
  return Object.fromEntries(found.map(([, name, value]) => [name!, value!.replace(/^(["'])(.*)\1$/s, '$2')]))
}

function keep(args: Readonly<Record<string, string>>, known: Readonly<Record<string, string>>) {
  return Object.fromEntries(Object.entries(args).filter(([name]) => name in known))
}

function substitute(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replace(/\$\{(\w+)(?::?-([^}]*))?\}|\$(\w+)/g, (whole, braced, fallback, bare) => {
    return variables[braced ?? bare] ?? fallback ?? whole
  })
}

/** `$(if_al2023 echo a b)` → `a b` or as many line breaks as it has. */
function conditional(text: string, generation: string): string {
  return text.replace(/\$\(\s*if_(al2023|al2)\s+echo\s+([^)]*)\)/g, (whole, which, words) =>
    which === generation ? words : whole.replace(/[^\n]/g, ''),
  )
}

interface Word {
  readonly word: string
  readonly line: number
}

/** The simple commands of a shell text, each as its words. */
function commands(text: string, firstLine: number): Word[][] {
  const found: Word[][] = [[]]
  let line = firstLine
  for (const [token] of text.matchAll(/\n|&&|\|\||[;|]|(?:"[^"]*"|'[^']*'|\\.|[^\s;|&"'\\])+|&/g)) {
    if (token === '\n') line++
    else if (/^(&&|\|\||[;|&])$/.test(token)) found.push([])
    else found.at(-1)!.push({ word: token.replace(/["']/g, ''), line })
  }
  return found
}

const shellWords = new Set(['then', 'do', 'else', 'if', '!', '{', '('])

function requestsOf(words: readonly Word[], generation: string): Request[] {
  const start = words.findIndex(
    ({ word }) => !/^\w+=/.test(word) && !shellWords.has(word) && !word.startsWith('--'),
  )
  const [first, ...rest] = words.slice(Math.max(0, start))
  if (!first || words.slice(0, start).some(({ word }) => word === 'NEWROOT=/')) return []
  if (/^if_al2(023)?$/.test(first.word))
    return first.word === `if_${generation}` ? requestsOf(rest, generation) : []
  const known = follows[first.word]
  if (!known) return []
  if (first.word === 'rpm') return importRequest(first, rest)
  if (/^(dnf|yum)$/.test(first.word) && !rest.some(({ word }) => word === 'install')) return []
  const shallow = first.word === 'clean_install' && /^(true|false)$/.test(rest[1]?.word ?? '')
  const asked = shallow ? rest.slice(0, 1) : rest.filter(({ word }) => !/^(-.*|install)$/.test(word))
  const behaviour = shallow ? 'libraries' : known
  // A list in quotes is as good as its words.
  return asked.flatMap(({ word: list, line }) =>
    list.split(/\s+/).map(word => ({ line, command: first.word, word, follows: behaviour })),
  )
}

/** A key that is imported becomes a package, too. */
function importRequest({ line }: Word, rest: readonly Word[]): Request[] {
  const keys = rest.slice(rest.findIndex(({ word }) => word === '--import') + 1)
  if (keys.length === rest.length) return []
  return keys.map(({ word }) => ({ line, command: 'rpm --import', word, follows: 'libraries' }))
}
