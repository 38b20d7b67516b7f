import { UserError } from '../lib/errors.ts'
import { printable } from '../lib/printable.ts'

/**
 * Why a registry gave no answer: nobody `unreachable` answers, the connection was `lost`, it has no such thing
 * (`missing`), wants another login (`denied`), has no time for us (`busy`), or says what makes no sense (`broken`).
 */
export type Trouble = 'unreachable' | 'lost' | 'missing' | 'denied' | 'busy' | 'broken'

export class RegistryError extends UserError {
  readonly trouble: Trouble
  /** How long the registry asks to be left alone, in ms. */
  readonly after: number | undefined

  constructor(trouble: Trouble, message: string, after?: number) {
    super(message)
    this.trouble = trouble
    this.after = after
  }
}

/** What a stranger wrote, short and harmless in a line of a terminal. */
export function quoted(text: unknown): string {
  const plain = String(text ?? 'nothing')
  const short = plain.length > 100 ? `${plain.slice(0, 100)}…` : plain
  return /^[\w.+:/@-]+…?$/.test(short) ? short : printable(JSON.stringify(short))
}
