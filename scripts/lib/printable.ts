/**
 * What a terminal obeys or hides instead of showing it: control characters (ESC, C1 and line breaks among them), those
 * that turn the direction of text, those without width, and halves of characters.
 */
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu

/** Text of others (paths, packages, answers of servers) for one line of a terminal: ESC becomes `\x1b`. */
export function printable(text: string): string {
  return text.replace(unprintable, visible)
}

/** The same for text of several lines that our own scripts laid out: its line breaks stay, and nothing else that moves. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n')
}

/** A value as JSON with no character that a terminal would obey; any reader of JSON gets the value. */
export function printableJson(value: unknown, indent?: number): string {
  const units = (character: string) =>
    Array.from({ length: character.length }, (_, at) => `\\u${hex(character.charCodeAt(at), 4)}`).join('')
  return JSON.stringify(value, undefined, indent).replace(unprintable, character =>
    character === '\n' ? character : units(character),
  )
}

/** What Markdown, as GitHub shows it, takes for markup, a link, a mention, a reference or a commit. */
const markup =
  /[\\`*<>&[\]|~$@#!{}]|^\s*([-+]\s|\d+[.)]\s|[-=_]+$)|\b_|_\b|:\/\/|\bwww\.|\bmailto:|\bGH-\d|\b[\da-f]{7,64}\b/i

/** Text of others in a line or a table's cell of Markdown: as it is where that is safe, else as code. */
export function inMarkdown(text: string): string {
  const shown = printable(text)
  if (!markup.test(shown)) return shown
  const longest = Math.max(0, ...(shown.match(/`+/g) ?? []).map(run => run.length))
  const fence = '`'.repeat(longest + 1)
  const pad = /^`|`$|^ .* $/.test(shown) ? ' ' : ''
  // A table's cell ends at a pipe, in code, too; and a backslash before its backslash would undo it.
  const cell = shown.replace(/\\+(?=\|)/g, run => '\\x5c'.repeat(run.length)).replaceAll('|', '\\|')
  return `${fence}${pad}${cell}${pad}${fence}`
}

function visible(character: string): string {
  const code = character.codePointAt(0)!
  if (character === '\n') return '\\n'
  if (character === '\r') return '\\r'
  if (character === '\t') return '\\t'
  // A byte of a name that is not UTF-8.
  if (code >= 0xdc80 && code <= 0xdcff) return `\\x${hex(code - 0xdc00, 2)}`
  if (code <= 0xff) return `\\x${hex(code, 2)}`
  return code <= 0xffff ? `\\u${hex(code, 4)}` : `\\u{${hex(code, 0)}}`
}

const hex = (code: number, width: number) => code.toString(16).padStart(width, '0')
