import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { UserError } from '../lib/errors.ts'
import { type Sample, tarOf, writeTar } from '../testing/tar-samples.ts'
import { applyLayers } from './apply.ts'
import { contentOf, listFiles } from './rootfs.ts'

const folder = mkdtempSync(join(tmpdir(), 'tar-'))
after(() => rmSync(folder, { recursive: true, force: true }))

let count = 0
function layer(samples: readonly Sample[], end?: Buffer): string {
  return writeTar(join(folder, `${count++}.tar`), samples, end)
}

function files(...layers: (readonly Sample[])[]) {
  return listFiles(applyLayers(layers.map(samples => layer(samples))))
}

/** The one line that a layer is refused with. */
function refusal(samples: readonly Sample[], end?: Buffer): string {
  let line = ''
  assert.throws(
    () => applyLayers([layer([]), layer(samples, end)], 'demo'),
    error => {
      assert.ok(error instanceof UserError, `${(error as Error).stack}`)
      line = error.message
      return true
    },
  )
  assert.match(line, /^demo, layer 2 of 2: [^\n]+$/)
  return line
}

test('an archive may end without its blocks, with one of them, with anything behind them, or have no byte', () => {
  const zeros = Buffer.alloc(512)
  const garbage = Buffer.concat([zeros, zeros, Buffer.from('garbage')])
  for (const end of [Buffer.alloc(0), zeros, garbage]) {
    const [only] = listFiles(applyLayers([layer([{ name: 'x', content: 'y' }], end)]))
    assert.equal(only?.path, '/x')
  }
  assert.deepEqual(listFiles(applyLayers([layer([], Buffer.alloc(0))])), [])
})

test('what is no archive is refused in one line that names image and layer', () => {
  const x = { name: 'x', content: 'content' }
  const cases: [RegExp, Sample[], Buffer?][] = [
    [/no tar header at byte 1024/, [x], Buffer.alloc(1024, 'text')],
    [/no tar header at byte 1024/, [x], Buffer.concat([Buffer.alloc(512), tarOf([x])])],
    [/cut short at byte 1024/, [x], Buffer.alloc(100)],
    [/size is "-0000001000", which is no number/, [{ ...x, size: '-0000001000' }]],
    [/size is "0000000009"/, [{ ...x, size: '0000000009' }]],
    [/a size of -1 /, [{ ...x, size: Buffer.alloc(12, 0xff) }]],
    [/a size of -512 /, [{ ...x, pax: { size: '-512' } }]],
    [/pax record size is "1e3"/, [{ ...x, pax: { size: '1e3' } }]],
    [/cut short: \d+ of 8589934591 bytes/, [{ ...x, size: 0o77777777777 }]],
    [/size is .* no number/, [{ ...x, size: Buffer.from('bfffffffffffffffffffffff', 'hex') }]],
    [
      /a long name or pax header of 2097152 bytes/,
      [{ name: 'x', flag: 'L', content: Buffer.alloc(1 << 21, 'a') }],
    ],
    [/broken pax record/, [{ name: 'x', flag: 'x', content: '99 path=y\n' }]],
    [/broken pax record/, [{ name: 'x', flag: 'x', content: '0 a=\n' }]],
    [/zero in the pax record path/, [{ ...x, pax: { path: 'a\0b' } }]],
    [/pax record mtime is "soon", which is no time/, [{ ...x, pax: { mtime: 'soon' } }]],
    [/uid -1, where Linux knows/, [{ ...x, uid: Buffer.alloc(8, 0xff) }]],
    [/uid 4294967296/, [{ ...x, pax: { uid: '4294967296' } }]],
    [/devMajor 4096/, [{ name: 'x', flag: '3', device: [4096, 1] }]],
    [/"x": the tar type "7"/, [{ ...x, flag: '7' }]],
    [/"label": the tar type "V"/, [{ name: 'label', flag: 'V' }]],
    [/"x\/y": "\/x" on the way to it is no directory/, [x, { name: 'x/y' }]],
    [
      /more than 40 links/,
      [{ name: 'a', flag: '2', linkname: 'b' }, { name: 'b', flag: '2', linkname: 'a' }, { name: 'a/x' }],
    ],
    [/a hard link to "gone", which is not there/, [{ name: 'x', flag: '1', linkname: 'gone' }]],
    [
      /a hard link to the directory "d"/,
      [
        { name: 'd', flag: '5' },
        { name: 'x', flag: '1', linkname: 'd' },
      ],
    ],
    [/a whiteout of no name/, [{ name: 'd/.wh...' }]],
    [/a name of more than 255 bytes/, [{ ...x, pax: { path: 'n'.repeat(256) } }]],
    [/a path of more than 4095 bytes/, [{ ...x, pax: { path: 'n/'.repeat(3000) } }]],
    [/a sparse file in a header that is not of GNU tar/, [{ ...x, flag: 'S' }]],
    [/a sparse map/, [{ ...x, pax: { 'GNU.sparse.major': '1', 'GNU.sparse.minor': '0' } }]],
    [/a sparse map/, [{ ...x, pax: { 'GNU.sparse.map': '0,7,3,7', 'GNU.sparse.size': '20' } }]],
    [
      /sparse files of more than/,
      [{ ...x, content: '', pax: { 'GNU.sparse.map': '0,0', 'GNU.sparse.size': '99999999999' } }],
    ],
  ]
  for (const [line, samples, end] of cases) assert.match(refusal(samples, end), line)
})

test('names that differ in bytes are different files, links and attributes', () => {
  const latin = (text: string) => Buffer.from(text, 'latin1')
  const [a, b, c, d] = files([
    { name: latin('caf\xe8') },
    { name: latin('caf\xe9'), content: 'x' },
    { name: 'link', flag: '2', linkname: latin('caf\xe9') },
    { name: 'long', pax: { path: latin(`${'n'.repeat(120)}\xff`) } },
  ])
  assert.deepEqual([a!.path, b!.path, c!.link], ['/caf\udce8', '/caf\udce9', 'caf\udce9'])
  assert.equal(d!.path, `/${'n'.repeat(120)}\udcff`)
})

test('times are whole seconds, of any form', () => {
  const times = [
    { mtime: 5 },
    { pax: { mtime: '12.9' } },
    { pax: { mtime: '-1.5' } },
    { mtime: Buffer.alloc(12, 0xff) },
  ]
  const rootfs = applyLayers([layer(times.map((time, index) => ({ name: `${index}`, ...time })))])
  assert.deepEqual(
    [...rootfs.values()].map(({ header }) => header.mtime),
    [5, 12, -2, -1],
  )
})

test('a file of more than 8 GiB is found again behind its content, and not read into memory', () => {
  const size = 9 * 2 ** 30
  const file = layer(
    [{ name: 'big', size: Buffer.from(`80000000${BigInt(size).toString(16).padStart(16, '0')}`, 'hex') }],
    Buffer.alloc(0),
  )
  truncateSync(file, 512 + size)
  // Not hashed here: reading nine gigabytes takes longer than a test may.
  const after = join(folder, 'after')
  writeFileSync(after, tarOf([{ name: 'x' }]))
  assert.throws(
    () =>
      contentOf({ layer: file, header: { ...applyLayers([after]).get('/x')!.header, name: 'big', size } }),
    {
      message: `"big" has ${size} bytes; at most 2147483647 are read into memory`,
    },
  )
})

test('whiteouts take a time in proportion to their number, opaque ones in between', () => {
  /** CPU seconds, which other work on the machine does not count in. */
  const spent = (count: number): number => {
    const names = Array.from({ length: count }, (_, index) => index)
    const lower = layer(names.map(name => ({ name: `d/${name}` })))
    const upper = layer([
      ...names.map(name => ({ name: `d/.wh.${name}` })),
      { name: 'd/new' },
      ...names.slice(0, count / 40).map(() => ({ name: 'd/.wh..wh..opq' })),
    ])
    const before = process.cpuUsage()
    assert.deepEqual([...applyLayers([lower, upper]).keys()], ['/d', '/d/new'])
    return process.cpuUsage(before).user / 1e6
  }
  spent(4000)
  // Ten times as many take ten times as long, and would take a hundred if each looked at every path.
  assert.ok(spent(40_000) < 40 * Math.max(spent(4000), 0.01))
})

test('a layer of entries that bring endless directories stops', () => {
  const samples = Array.from({ length: 1100 }, (_, index) => ({
    name: 'x',
    pax: { path: `${index}/${'d/'.repeat(2000)}x` },
  }))
  assert.match(refusal(samples), /more entries than any image has/)
})
