import { isUtf8 } from 'node:buffer'

/** The low surrogate that stands for the byte 0; as in Python's surrogateescape only bytes of 0x80 and more need one. */
const escaped = 0xdc00

/**
 * A file's name, which is bytes, as a string: UTF-8 where it is valid, and every other byte `b` as the lone surrogate
 * U+DC00+b. No two names become one string, `encodeName` gives the bytes back, and JSON keeps such strings.
 */
export function decodeName(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8')
  let name = ''
  for (let at = 0; at < bytes.length; ) {
    const character = bytes.subarray(at, at + characterLength(bytes[at]!))
    const valid = isUtf8(character)
    name += valid ? character.toString('utf8') : String.fromCharCode(escaped + bytes[at]!)
    at += valid ? character.length : 1
  }
  return name
}

/** The bytes of a name. Throws Error for a lone surrogate that stands for no byte: no archive has such a name. */
export function encodeName(name: string): Buffer {
  if (!/[\ud800-\udfff]/u.test(name)) return Buffer.from(name)
  return Buffer.concat(Array.from(name, character => encodeCharacter(character)))
}

function characterLength(first: number): number {
  if (first < 0xc0) return 1
  if (first < 0xe0) return 2
  return first < 0xf0 ? 3 : 4
}

function encodeCharacter(character: string): Buffer {
  const code = character.codePointAt(0)!
  if (code < 0xd800 || code > 0xdfff) return Buffer.from(character)
  if (code < escaped + 0x80 || code > escaped + 0xff) {
    throw new Error(`U+${code.toString(16).toUpperCase()} stands for no byte of a name`)
  }
  return Buffer.of(code - escaped)
}
