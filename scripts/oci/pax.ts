import { UserError } from '../lib/errors.ts'

/** Keyword → value. */
export type PaxRecords = ReadonlyMap<string, Buffer>

/** Records that end at a zero where a file's name would, so that two readers could see two names. */
const names = ['path', 'linkpath']
/** Where the oldest form of sparse files repeats these two, later ones have one list. */
const repeated = ['GNU.sparse.offset', 'GNU.sparse.numbytes']
export const sparseMap = 'GNU.sparse.map'

/**
 * Parses the content of a pax header: `LENGTH KEYWORD=VALUE\n`, one after the other. A later record counts, an empty one
 * takes its keyword back. Throws UserError for anything else.
 */
export function parsePax(content: Buffer): PaxRecords {
  const records = new Map<string, Buffer>()
  const extents: Buffer[] = []
  for (let start = 0; start < content.length; ) {
    const { key, value, end } = parseRecord(content, start)
    start = end
    if (names.includes(key) && value.includes(0)) throw new UserError(`a zero in the pax record ${key}`)
    if (repeated.includes(key)) {
      if (key !== repeated[extents.length % 2]) throw new UserError(`the pax record ${key} out of turn`)
      extents.push(value)
    } else if (value.length > 0 || key.startsWith('SCHILY.xattr.')) records.set(key, value)
    else records.delete(key)
  }
  if (extents.length > 0) records.set(sparseMap, Buffer.from(extents.join(',')))
  return records
}

function parseRecord(content: Buffer, start: number): { key: string; value: Buffer; end: number } {
  const space = content.indexOf(0x20, start)
  const digits = content.toString('latin1', start, space === -1 ? start : Math.min(space, start + 16))
  const end = start + Number(digits)
  const equals = content.indexOf(0x3d, space)
  const fits = /^\d+$/.test(digits) && end <= content.length && space < equals && equals < end
  if (!fits || content[end - 1] !== 0x0a) throw new UserError('a broken pax record')
  return {
    key: content.toString('latin1', space + 1, equals),
    value: content.subarray(equals + 1, end - 1),
    end,
  }
}

/** A whole number, or undefined where there is no such record. Throws UserError for what is none. */
export function paxNumber(records: PaxRecords, key: string): number | undefined {
  const text = records.get(key)?.toString('latin1')
  if (text === undefined) return undefined
  if (/^[+-]?\d+$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text)
  throw new UserError(`the pax record ${key} is ${JSON.stringify(text.slice(0, 40))}, which is no number`)
}

/** Whole seconds, rounded down, of `-12.5`. */
export function paxTime(records: PaxRecords, key: string): number | undefined {
  const text = records.get(key)?.toString('latin1')
  if (text === undefined) return undefined
  if (/^[+-]?\d+(\.\d*)?$/.test(text) && Number.isSafeInteger(Math.floor(Number(text)))) {
    return Math.floor(Number(text))
  }
  throw new UserError(`the pax record ${key} is ${JSON.stringify(text.slice(0, 40))}, which is no time`)
}
