import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, beforeEach, test } from 'node:test'
import type { RpmPlan } from './catalog.ts'
import { openStore } from './store.ts'

const folder = await mkdtemp(join(tmpdir(), 'store-'))
after(() => rm(folder, { recursive: true }))
const [home, out] = [join(folder, 'home'), join(folder, 'out')]
const plan: RpmPlan = { name: 'a', from: ['deb'] }
const other: RpmPlan = { name: 'b', from: ['deb'] }

const open = (digest = '00', toolchain = 'tools') => {
  const downloads = new Map([['deb', { path: '/debs/deb_1_all.deb', digest }]])
  return openStore(home, { packages: [], shared: new Set() }, downloads, [toolchain])
}

/** The folder of the only entry, and its two files. */
async function entry(): Promise<{ path: string; rpm: string; seal: string }> {
  const [key] = await readdir(home)
  const path = join(home, key!)
  const files = await readdir(path)
  const rpm = files.find(name => name.endsWith('.rpm'))!
  return { path, rpm: join(path, rpm), seal: join(path, files.find(name => name !== rpm)!) }
}

beforeEach(async () => {
  await rm(folder, { recursive: true, force: true })
  await mkdir(out, { recursive: true })
  await writeFile(join(folder, 'a-1-1.noarch.rpm'), 'the RPM')
  await (await open()).keep(plan, join(folder, 'a-1-1.noarch.rpm'))
})

test('an RPM that was made of the same is put there', async () => {
  assert.equal(await (await open()).restore(plan, out), true)
  assert.equal(await readFile(join(out, 'a-1-1.noarch.rpm'), 'utf8'), 'the RPM')
})

test('the content of the .deb and of the tools count, not their names', async () => {
  assert.equal(await (await open('01')).restore(plan, out), false)
  assert.equal(await (await open('00', 'other tools')).restore(plan, out), false)
})

const damages: Record<string, () => Promise<unknown>> = {
  'a flipped bit': async () => writeFile((await entry()).rpm, 'the RPL'),
  'cut short': async () => writeFile((await entry()).rpm, ''),
  'another name': async () => {
    const { path, rpm } = await entry()
    await rename(rpm, join(path, 'b-1-1.noarch.rpm'))
  },
  'no seal': async () => rm((await entry()).seal),
  'no RPM': async () => rm((await entry()).rpm),
  'a pipe for the RPM': async () => {
    const { rpm } = await entry()
    await rm(rpm)
    execFileSync('mkfifo', [rpm])
  },
  'a file more': async () => writeFile(join((await entry()).path, 'more.rpm'), ''),
  'a file for the folder': async () => {
    const { path } = await entry()
    await rm(path, { recursive: true })
    await writeFile(path, '')
  },
}

for (const [what, damage] of Object.entries(damages)) {
  test(`an entry is not used, and made again: ${what}`, async () => {
    await damage()
    const store = await open()
    assert.equal(await store.restore(plan, out), false)
    assert.deepEqual(await readdir(out), [])
    await store.keep(plan, join(folder, 'a-1-1.noarch.rpm'))
    assert.equal(await store.restore(plan, out), true)
  })
}

test('no entry stands for another', async () => {
  const { path } = await entry()
  await (await open()).keep(other, join(folder, 'a-1-1.noarch.rpm'))
  const [otherKey] = (await readdir(home)).filter(key => join(home, key) !== path)
  await rm(join(home, otherKey!), { recursive: true })
  await cp(path, join(home, otherKey!), { recursive: true })
  assert.equal(await (await open()).restore(other, out), false)
  assert.equal(await (await open()).restore(plan, out), true)
})

test('what a run does not ask for is forgotten', async () => {
  const store = await open()
  await store.prune()
  assert.deepEqual(await readdir(home), [])
})
