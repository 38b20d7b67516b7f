import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { openImage } from '../scripts/image/open.ts'
import { inRepo } from '../scripts/lib/paths.ts'
import { chosenDistro, chosenPlatforms } from '../scripts/lib/settings.ts'
import { nvra } from '../scripts/rpm/package.ts'
import { rpmdbPath } from '../scripts/rpm/rpmdb.ts'
import { tellingImages } from '../scripts/testing/telling.ts'
import { explain } from '../scripts/why/explain.ts'
import { readLevels } from '../scripts/why/levels.ts'
import { findImage, readWorkspace } from '../scripts/workspace/workspace.ts'
import { Workbench } from './workbench.ts'

const images = readWorkspace()
const folder = mkdtempSync(join(tmpdir(), 'why-'))
const bench = new Workbench('why')
after(() => {
  rmSync(folder, { recursive: true, force: true })
  bench.remove()
})

describe('every package is explained, and rpm and the recipe confirm each step', () => {
  for (const image of tellingImages(images).map(name => findImage(images, name))) {
    if (image.internal) continue
    test(image.name, async () => {
      const platform = chosenPlatforms()[0]!
      const opened = await openImage(images, image, platform)
      writeFileSync(join(folder, 'rpmdb.sqlite'), opened.read(rpmdbPath))
      const levels = await readLevels(images, image, platform, chosenDistro())
      const known = new Map<string, string[]>()
      const ask = (question: string, what: string) => {
        const key = `${question} ${what}`
        if (!known.has(key)) known.set(key, rpm('-q', question, what))
        return known.get(key)!
      }
      // rpm's index of who requires what leaves out what scriptlets alone need; the package itself tells it.
      const isRequired = (capability: string, by: string) =>
        ask('--whatrequires', capability).includes(by) ||
        ask('--requires', by).some(line => line === capability || line.startsWith(`${capability} `))
      for (const one of levels[0]!.packages) {
        const { way, origin } = explain(levels, one)
        assert.ok(way, `nothing in ${origin.recipe} leads to ${nvra(one)}`)
        for (const { from, requires, to } of way.steps) {
          assert.ok(isRequired(requires, nvra(from)), `rpm: ${nvra(from)} does not require ${requires}`)
          const providers = ask('--whatprovides', requires)
          assert.ok(providers.includes(nvra(to)), `rpm: ${nvra(to)} does not provide ${requires}`)
        }
        assert.equal(nvra(way.steps.at(-1)?.to ?? one), nvra(one))
        confirmRequest(origin.recipe, way.request)
      }
    })
  }
})

/** The line of the recipe has the word, or a variable whose value has. */
function confirmRequest(
  recipe: string,
  { line, word, command }: { line: number; word: string; command: string },
) {
  const text = readFileSync(inRepo(recipe), 'utf8').split('\n')[line - 1]!
  if (command === 'FROM') assert.match(text, /^FROM /)
  else assert.ok(text.includes(word) || text.includes('$'), `${recipe}:${line} does not say ${word}: ${text}`)
}

/** What rpm answers, one a line; it fails where the answer is that there is none. */
function rpm(...args: string[]): string[] {
  const argv = ['--dbpath', folder, '--define', '_db_backend sqlite', ...args]
  return spawnSync('rpm', argv, { encoding: 'utf8' }).stdout.trim().split('\n')
}

describe('the command', () => {
  const why = (...args: string[]) => bench.script('why', args)
  bench.takeDist('minimal-base-glibc', 'minimal-base')

  test('names the line of the recipe, the weight and who needs it', () => {
    const { output, exitCode } = why('minimal-base-glibc', 'libsepol', '/usr/bin/getent', '/etc/passwd')
    assert.equal(exitCode, 0, output)
    assert.match(output, /libsepol-\S+, in minimal-base-glibc linux\/amd64/)
    assert.match(output, /images\/minimal-base-glibc\/Dockerfile:\d+ says install_rpm libsepol/)
    assert.match(output, /\/usr\/bin\/getent is a file of glibc-common-/)
    assert.match(output, /needed by {2}glibc \(glibc-common\)/)
    assert.match(output, /setup-\S+, in minimal-base-glibc linux\/amd64 from minimal-base\n/)
  })
  test('prints JSON of the same', () => {
    const { stdout } = why('minimal-base-glibc', 'libselinux', '--json')
    const answer = JSON.parse(stdout)
    assert.deepEqual(
      [answer.image, answer.origin, answer.request.command],
      ['minimal-base-glibc', 'minimal-base-glibc', 'install_rpm'],
    )
    assert.ok(answer.bytes > 100_000)
  })
  test('says in one line what it cannot answer, with the nearest names', () => {
    const { name } = findImage(images, 'minimal-base-glibc')
    for (const [args, message] of [
      [[], /error: name an image, and packages or files of it/],
      [['minimal-base-glib', 'glibc'], /error: there is no image minimal-base-glib: the nearest names are/],
      [[name, 'glibcc'], /error: minimal-base-glibc has no package glibcc: the nearest names are glibc/],
      [
        [name, '/usr/bin/getnet'],
        /error: minimal-base-glibc has no file \S+: the nearest are \/usr\/bin\/getent/,
      ],
      [['builder', 'dnf'], /error: builder is a tool of the workshop/],
      [['minimal-base-nonroot', 'glibc'], /error: \S+ is missing: build the image first/],
    ] as const) {
      const { exitCode, output } = why(...args)
      assert.match(output, message)
      assert.doesNotMatch(output, /^\s+at .*\.ts:\d+/m)
      assert.equal(exitCode, 1)
    }
  })
})
