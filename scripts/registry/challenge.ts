/** One way in which a server lets itself be asked. */
export interface Challenge {
  /** In lower case: `bearer`, `basic`. */
  readonly scheme: string
  /** Names in lower case. */
  readonly parameters: Readonly<Record<string, string>>
}

const token = /[\w!#$%&'*+.^`|~-]+/y
const blank = /[ \t]*/y
const separators = /[ \t,]*/y
const quotedString = /"((?:[^"\\]|\\.)*)"/sy
// More than the RFC lets stand without quotes: addresses are seen so.
const bare = /[^\s,"]+/y
const token68 = /[\w.~+/-]+=*(?=[ \t]*(?:,|$))/y

/**
 * All challenges of `WWW-Authenticate` headers, by RFC 9110, section 11: several may stand in one header, and a comma
 * both ends a challenge and parts its parameters. What follows a form that the RFC does not know is left out.
 */
export function parseChallenges(headers: readonly string[]): Challenge[] {
  return headers.flatMap(parseHeader)
}

function parseHeader(header: string): Challenge[] {
  let at = 0
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    const match = pattern.exec(header)
    if (match) at = pattern.lastIndex
    return match ? (match[1] ?? match[0]) : undefined
  }
  const challenges: Challenge[] = []
  for (;;) {
    take(separators)
    const word = take(token)
    if (word === undefined) return challenges
    take(blank)
    if (header[at] !== '=') {
      challenges.push({ scheme: word.toLowerCase(), parameters: {} })
      if (!startsParameter(header, at)) take(token68)
      continue
    }
    at++
    take(blank)
    const text = header[at] === '"' ? take(quotedString)?.replace(/\\(.)/gs, '$1') : take(bare)
    const last = challenges.pop()
    if (!last || text === undefined) return last ? [...challenges, last] : challenges
    challenges.push({ ...last, parameters: { ...last.parameters, [word.toLowerCase()]: text } })
  }
}

function startsParameter(header: string, at: number): boolean {
  return /^[\w!#$%&'*+.^`|~-]+[ \t]*=[ \t]*[^=\s,]/.test(header.slice(at, at + 300))
}
