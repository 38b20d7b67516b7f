import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { parseElf } from '../../scripts/image/elf.ts'
import { openImage } from '../../scripts/image/open.ts'
import { foreignPlatform, nativePlatform, type Platform, platforms } from '../../scripts/lib/settings.ts'
import { findImage, readWorkspace } from '../../scripts/workspace/workspace.ts'
import { closure, Workbench } from '../workbench.ts'
import { foreignSample } from './sample.ts'

const machines: Readonly<Record<Platform, number>> = { 'linux/amd64': 62, 'linux/arm64': 183 }

describe('an image holds programs of its own platform alone, and says which that is', () => {
  const images = readWorkspace()
  for (const name of foreignSample) {
    for (const platform of platforms) {
      test(`${name} ${platform}`, async () => {
        const image = await openImage(images, findImage(images, name), platform)
        assert.equal(`${image.config.os}/${image.config.architecture}`, platform)
        const files = [...image.files.values()].filter(({ type, size }) => type === 'file' && size > 64)
        const elves = files.flatMap(({ path }) => {
          const elf = parseElf(image.read(path))
          return elf ? [{ path, machine: elf.machine }] : []
        })
        assert.deepEqual(
          elves.filter(({ machine }) => machine !== machines[platform]),
          [],
        )
        if (name !== foreignSample[0]) assert.ok(elves.length > 5)
      })
    }
  }
})

describe('turbo builds and caches each platform by itself', () => {
  let bench: Workbench
  before(() => {
    bench = new Workbench('platforms')
    bench.takeDist('distro', 'builder')
    const scripts = { build: 'tsx ../../scripts/build.ts' }
    bench.addImage('first', { scripts, devDependencies: { builder: '*' } }, recipe('one', 'one'))
    bench.addImage(
      'second',
      { scripts, dependencies: { first: '*' }, devDependencies: { builder: '*' } },
      'FROM first AS parent\nFROM builder AS newroot\nCOPY --from=parent / /newroot/\n' +
        'RUN cp /newroot/name /newroot/copy\nFROM parent\nCOPY --from=newroot /newroot/ /\n',
    )
  })
  after(() => bench.remove())

  /** What an image is depends on its platform alone. */
  const recipe = (native: string, foreign: string) =>
    `FROM builder AS newroot\nARG TARGETPLATFORM\nRUN case $TARGETPLATFORM in ${nativePlatform}) echo ${native} ;; *) echo ${foreign} ;; esac > /newroot/name\n` +
    'FROM scratch\nCOPY --from=newroot /newroot/ /\n'

  /**
   * Which images were made for which platform. Turbo keeps nothing, so that each word of its own is a task of its own, and
   * what is not made anew was there.
   */
  function made(...asked: Platform[]): string[] {
    const words = ['npx', 'turbo', 'run', 'build', '--filter=second', '--cache=local:r']
    const { exitCode, output } = bench.run(words, { PLATFORMS: asked.join(',') })
    assert.equal(exitCode, 0, output)
    return [...output.matchAll(/^\w+:build: (\w+ linux\/\w+) sha256:/gm)].map(([, what]) => what!)
  }
  const of = (...asked: Platform[]) => ['first', 'second'].flatMap(name => asked.map(one => `${name} ${one}`))

  test('to ask for a second one does not build the first again', () => {
    assert.deepEqual(made(nativePlatform), of(nativePlatform))
    assert.deepEqual(made(...platforms), of(foreignPlatform))
    assert.deepEqual(made(...platforms.toReversed()), [])
  })

  test('what is not asked for now is kept for when it is', () => {
    assert.deepEqual(made(foreignPlatform), [])
    assert.deepEqual(made(nativePlatform, nativePlatform), [])
    assert.deepEqual(made(nativePlatform, nativePlatform, foreignPlatform), [])
  })

  test('a change that concerns one does not make of what is built on it the other anew', () => {
    bench.write('images/first/Dockerfile', recipe('one', 'two'))
    assert.deepEqual(
      made(...platforms, ...platforms).sort(),
      [...of(...platforms)].filter(what => what !== `second ${nativePlatform}`).sort(),
    )
  })
})

test('every command of docs/platforms.md runs', () => {
  const bench = new Workbench('docs')
  try {
    bench.takeDist(...closure(readWorkspace(), 'minimal-base-glibc'))
    const text = bench.read('docs/platforms.md')
    const commands = [...text.matchAll(/```sh\n([^`]*)\n```/g)].map(([, command]) => command!)
    assert.equal(commands.length, 2)
    for (const command of commands) {
      const { exitCode, output } = bench.run(['bash', '-c', command])
      assert.equal(exitCode, 0, `${command}\n${output}`)
    }
  } finally {
    bench.remove()
  }
})

test('an image that is not built for a platform is said to be so', () => {
  const bench = new Workbench('not built')
  try {
    bench.takeDist('minimal-base')
    bench.run(['rm', '-rf', join('images/minimal-base/dist', foreignPlatform.replace('/', '_'))])
    const { exitCode, output } = bench.script('size', ['minimal-base'], { PLATFORMS: foreignPlatform })
    assert.equal(exitCode, 1)
    assert.match(output, /^error: [^\n]*build the image first[^\n]*\n$/)
  } finally {
    bench.remove()
  }
})
