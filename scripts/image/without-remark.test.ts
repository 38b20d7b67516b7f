import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { test } from 'node:test'
import { withoutRemark } from './without-remark.ts'

const remark = /Error: exit status \d+\n?$/
const pass = (chunks: readonly Buffer[]) => buffer(Readable.from(chunks).pipe(withoutRemark(remark)))

test('the remark goes, in whatever pieces it comes, and every other byte stays', async () => {
  const said = Buffer.from('no Error: exit status 1\nx\xff\0 Ex', 'latin1')
  const all = Buffer.concat([said, Buffer.from('Error: exit status 7\n')])
  for (const size of [1, 2, 3, 5, 11, 1000]) {
    const chunks = Array.from({ length: Math.ceil(all.length / size) }, (_, index) =>
      all.subarray(index * size, (index + 1) * size),
    )
    assert.deepEqual(await pass(chunks), said)
  }
  assert.deepEqual(await pass([said]), said)
  assert.deepEqual(await pass([]), Buffer.alloc(0))
})

test('what is no beginning of a remark is passed on at once', async () => {
  const stream = withoutRemark(remark)
  stream.write('name? ')
  assert.equal(String(stream.read()), 'name? ')
})
