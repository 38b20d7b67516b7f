import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeName } from '../oci/names.ts'
import { parseHeader } from './header.ts'

/** A header of one entry: an array of strings under the tag of base names. */
function header(data: Buffer, count: number): Buffer {
  const numbers = [1, data.length, 1117, 8, 0, count].map(number => {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32BE(number)
    return bytes
  })
  return Buffer.concat([...numbers, data])
}

test('names of files that are no UTF-8 stay different, and are the bytes that they were', () => {
  const names = parseHeader(header(Buffer.from('caf\xe9\0caf\xe8\0', 'latin1'), 2)).strings(1117)
  assert.deepEqual(names, ['caf\udce9', 'caf\udce8'])
  assert.equal(encodeName(names[0]!).toString('latin1'), 'caf\xe9')
})
