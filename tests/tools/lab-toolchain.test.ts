import assert from 'node:assert/strict'
import { appendFileSync, existsSync, lstatSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { makeToolchain, type Toolchain } from '../../images/distro/lab/toolchain.ts'
import { treeDigest } from '../../scripts/lib/content-digest.ts'
import { type Download, openArchive } from '../../scripts/lib/debian-archive.ts'

const folder = mkdtempSync(join(tmpdir(), 'toolchain-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const root = join(folder, 'toolchain')

/** Without what may be written to. */
function contentOf(root: string): string {
  rmSync(join(root, 'work'), { recursive: true })
  return treeDigest(root)
}

describe("the lab's tools", () => {
  let debs: Download[]
  let made: Toolchain
  let content: string
  before(async () => {
    const archive = await openArchive({ arch: 'native', suites: ['bookworm'], workDir: folder })
    const names = await archive.closure(['coreutils', 'base-files', 'dash'])
    debs = [...(await archive.fetch(names, () => {})).values()]
    made = await makeToolchain(root, debs, 0)
    content = contentOf(root)
  })

  test('are not unpacked again while they are as they were, in spite of what commands write', async () => {
    const { ino } = lstatSync(join(root, 'usr/bin/env'))
    const { run } = await makeToolchain(root, debs, 0)
    const write = ['sh', '-c', 'for d in work tmp root run var/tmp; do echo x > /$d/written || exit; done']
    await run(write)
    assert.ok(existsSync(join(root, 'work/written')))
    await assert.rejects(
      run(['sh', '-c', 'echo x > /usr/lib/rpm/macros.d/macros.x']),
      /Read-only file system/,
    )
    const again = await makeToolchain(root, debs, 0)
    assert.equal(again.identity, made.identity)
    assert.equal(lstatSync(join(root, 'usr/bin/env')).ino, ino)
    assert.equal(existsSync(join(root, 'work/written')), false)
    assert.equal(contentOf(root), content)
  })

  const damages: Record<string, () => void> = {
    'a macro in a file': () =>
      appendFileSync(join(root, 'usr/lib/rpm/macros.d/macros.lab'), '%dist .forged\n'),
    'a file of macros': () => writeFileSync(join(root, 'usr/lib/rpm/macros.d/macros.new'), '%dist .forged\n'),
    'a program less': () => rmSync(join(root, 'usr/bin/tsort')),
  }
  for (const [what, damage] of Object.entries(damages)) {
    test(`are made anew after a change: ${what}`, async () => {
      damage()
      const { identity } = await makeToolchain(root, debs, 0)
      assert.equal(identity, made.identity)
      assert.equal(contentOf(root), content)
    })
  }

  test('are made anew of other .debs, whatever these are called', async () => {
    const { ino } = lstatSync(join(root, 'usr/bin/env'))
    await makeToolchain(root, [{ ...debs[0]!, digest: 'another' }, ...debs.slice(1)], 0)
    assert.notEqual(lstatSync(join(root, 'usr/bin/env')).ino, ino)
  })
})
