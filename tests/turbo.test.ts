import assert from 'node:assert/strict'
import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { inRepo } from '../scripts/lib/paths.ts'
import { chosenEngine } from '../scripts/lib/settings.ts'
import { readWorkspace } from '../scripts/workspace/workspace.ts'
import { closure, Workbench } from './workbench.ts'

let bench: Workbench
before(() => {
  bench = new Workbench('turbo')
  const { exitCode, output } = bench.run(['npx', 'turbo', 'run', 'build'])
  assert.equal(exitCode, 0, output)
})
after(() => bench.remove())

const images = readWorkspace(undefined, 'any')
const all = [...images.keys()].sort()
/** The image, and every one that is made with it. */
const madeWith = (name: string) => all.filter(image => closure(images, image).includes(name))

interface Task {
  readonly package: string
  readonly command: string
  readonly hash: string
  readonly cache: { readonly status: string }
}

/** What turbo would do now. */
function plan(env: Readonly<Record<string, string | undefined>> = {}): Task[] {
  const { exitCode, output, stdout } = bench.run(['npx', 'turbo', 'run', 'build', '--dry=json'], env)
  assert.equal(exitCode, 0, output)
  const { tasks } = JSON.parse(stdout.slice(stdout.indexOf('{'))) as { tasks: Task[] }
  // Families have nothing to build.
  return tasks.filter(task => task.command !== '<NONEXISTENT>')
}

/** The images that the next build would make anew. */
function stale(env: Readonly<Record<string, string | undefined>> = {}): string[] {
  const missed = plan(env).filter(task => task.cache.status === 'MISS')
  return missed.map(task => task.package).sort()
}

/** Image → what turbo knows its build by; unlike a miss, no cache of an earlier day hides that it changed. */
function hashes(env: Readonly<Record<string, string | undefined>> = {}): Record<string, string> {
  return Object.fromEntries(plan(env).map(task => [task.package, task.hash]))
}

const append = (file: string, text: string) => bench.while(file, bench.read(file) + text, stale)

test('nothing changed: nothing is built', () => assert.deepEqual(stale(), []))

test('another distro, engine or platform is another build, however it was chosen', () => {
  const before = hashes()
  const differ = (after: Record<string, string>) => all.filter(image => after[image] !== before[image])
  const engine = chosenEngine() === 'buildkit' ? 'buildah' : 'buildkit'
  assert.deepEqual(differ(hashes({ DISTRO: 'al2023' })), all)
  assert.deepEqual(differ(hashes({ ENGINE: engine })), all)
  assert.deepEqual(differ(hashes({ PLATFORMS: 'linux/arm64' })), all)
  assert.deepEqual(differ(hashes({ TOOLCHAIN_PLATFORM: 'linux/arm64' })), all)
  const { distro } = JSON.parse(bench.read('.workshop.json')) as { distro: string }
  for (const choice of [
    { distro, engine },
    { distro: 'al2', engine: chosenEngine() },
  ]) {
    assert.deepEqual(differ(bench.while('.workshop.json', JSON.stringify(choice), hashes)), all)
  }
})

test('a pin rebuilds all that stands on it', () => {
  assert.deepEqual(append('images/distro/lab.yaml', '# moved\n'), all)
})

test('a Dockerfile rebuilds its image and what is made on it', () => {
  assert.deepEqual(append('images/minimal-base/Dockerfile', '# changed\n'), madeWith('minimal-base'))
  assert.deepEqual(
    append('images/minimal-base-glibc/Dockerfile', '# changed\n'),
    madeWith('minimal-base-glibc'),
  )
})

test('the recipe of a family rebuilds its images and what is made with them, its test nothing', () => {
  const ofFamily = all.filter(name => images.get(name)!.recipe === inRepo('families', 'golang'))
  assert.ok(ofFamily.length >= 3)
  const expected = all.filter(image => closure(images, image).some(name => ofFamily.includes(name)))
  assert.deepEqual(append('families/golang/Dockerfile', '# changed\n'), expected)
  assert.deepEqual(append('families/golang/test.ts', '// more\n'), [])
})

test('an in-image command rebuilds the builder and every image made with it', () => {
  assert.deepEqual(append('images/builder/commands/bin/cleanup', '# changed\n'), madeWith('builder'))
})

test('the mode of a file that lands in an image counts', () => {
  const file = 'images/minimal-base/files/etc/passwd'
  assert.deepEqual(bench.while(file, undefined, stale, 0o755), madeWith('minimal-base'))
})

test('a file that git ignores lands in an image, so it counts', () => {
  const file = 'images/minimal-base/files/etc/local.log'
  const exclude = bench.read('.git/info/exclude')
  const added = bench.while('.git/info/exclude', `${exclude}*.log\n`, () =>
    bench.while(file, 'one\n', () => hashes()['minimal-base']),
  )
  const changed = bench.while('.git/info/exclude', `${exclude}*.log\n`, () =>
    bench.while(file, 'two\n', () => hashes()['minimal-base']),
  )
  assert.equal(new Set([hashes()['minimal-base'], added, changed]).size, 3)
})

test('a checkout that an outer repository ignores is hashed all the same', () => {
  const before = hashes()
  renameSync(join(bench.root, '.git'), join(bench.root, 'git-put-away'))
  try {
    const look = () => hashes()['minimal-base']
    const text = bench.read('images/minimal-base/Dockerfile')
    const changed = bench.while('images/minimal-base/Dockerfile', `${text}USER 1\n`, look)
    assert.notEqual(changed, look())
    assert.notEqual(changed, before['minimal-base'])
  } finally {
    renameSync(join(bench.root, 'git-put-away'), join(bench.root, '.git'))
  }
})

test('what a build leaves beside its recipe does not count', () => {
  for (const file of ['images/minimal-base/work/more', 'images/minimal-base/.turbo/turbo-build.log'])
    assert.deepEqual(bench.while(file, 'more\n', stale), [], file)
})

test('a script that takes part in building rebuilds everything, another script nothing', () => {
  for (const file of [
    'scripts/build.ts',
    'scripts/build/plan.ts',
    'scripts/oci/layer.ts',
    'scripts/build/engines/buildah.ts',
  ]) {
    assert.deepEqual(append(file, '\n// changed\n'), all, file)
  }
  for (const file of [
    'scripts/quickstart.ts',
    'scripts/setup/report.ts',
    'scripts/oci/layer.test.ts',
    'tests/turbo.test.ts',
  ]) {
    assert.deepEqual(append(file, '\n// changed\n'), [], file)
  }
})

test('a README or a test rebuilds nothing', () => {
  assert.deepEqual(append('images/builder/commands/tests/test_rules.py', '# more\n'), [])
  assert.deepEqual(append('images/distro/lab/lab.test.ts', '// more\n'), [])
  assert.deepEqual(append('README.md', 'more\n'), [])
  assert.deepEqual(bench.while('images/minimal-base/README.md', 'about\n', stale), [])
  assert.deepEqual(append('images/minimal-base/test.ts', '// more\n'), [])
})

test('the platform Docker would default to, proxies and credentials neither reach a build nor count', () => {
  const env = {
    DOCKER_DEFAULT_PLATFORM: 'linux/arm64',
    HTTPS_PROXY: 'http://127.0.0.1:1',
    AWS_SECRET_ACCESS_KEY: 'x',
  }
  assert.deepEqual(stale(env), [])
  const show = { scripts: { build: 'env' }, name: 'minimal-base', version: '0.0.0', private: true }
  const seen = bench.while('images/minimal-base/package.json', JSON.stringify(show), () =>
    bench.run(['npx', 'turbo', 'run', 'build', '--filter=minimal-base', '--only', '--cache=local:r'], env),
  )
  assert.equal(seen.exitCode, 0, seen.output)
  assert.match(seen.output, /TURBO_HASH=/)
  assert.doesNotMatch(seen.output, /DOCKER_DEFAULT_PLATFORM|HTTPS_PROXY|AWS_SECRET/)
})
