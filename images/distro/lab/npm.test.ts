import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { execa } from 'execa'
import { fetchNpm } from './npm.ts'

const home = await mkdtemp(join(tmpdir(), 'npm-test-'))
after(() => rm(home, { recursive: true }))
// npm packs a folder as it does a package of the registry.
const spec = join(home, 'package')
await mkdir(spec)
await writeFile(join(spec, 'package.json'), '{ "name": "package", "version": "1.0.0" }')

test('only the bytes that are pinned are taken, and taken again when they have changed', async () => {
  const refused = await fetchNpm([`${spec} sha512-AAAA`], join(home, 'npm')).catch(error => error)
  const actual = /has the integrity (\S+); sha512-AAAA is pinned/.exec(refused.message)?.[1]
  const source = `${spec} ${actual}`
  const kept = (await fetchNpm([source], join(home, 'npm'))).get(source)!.path
  const content = await readFile(kept)
  const damages = [
    () => writeFile(kept, 'damaged'),
    () => execa('mkfifo', [kept]),
    () => mkdir(join(kept, 'a'), { recursive: true }),
  ]
  for (const damage of damages) {
    await rm(kept, { recursive: true })
    await damage()
    await fetchNpm([source], join(home, 'npm'))
    assert.deepEqual(await readFile(kept), content)
  }
})

test('a package that is not there is named', async () => {
  await assert.rejects(
    fetchNpm([`${home}/nowhere sha512-AAAA`], join(home, 'npm')),
    /npm cannot fetch .*nowhere/,
  )
})
