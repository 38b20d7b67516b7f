import { Transform } from 'node:stream'

/** Its longest form is well below this. */
const longest = 80

/** Passes bytes on as they come, but for what `remark` finds at the very end of them. */
export function withoutRemark(remark: RegExp): Transform {
  let held = Buffer.alloc(0)
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const all = Buffer.concat([held, chunk])
      // Only what might be the beginning of a remark waits for what follows.
      const tail = all.subarray(-longest).toString('latin1')
      const start = /(E[\w :]*\n?)?$/.exec(tail)![0].length
      held = all.subarray(all.length - start)
      this.push(all.subarray(0, all.length - start))
      done()
    },
    flush(done) {
      this.push(Buffer.from(held.toString('latin1').replace(remark, ''), 'latin1'))
      done()
    },
  })
}
