import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { execa } from 'execa'
import { linterPackages } from './check/linters.ts'
import { main, print } from './lib/cli.ts'
import { UserError } from './lib/errors.ts'
import { installed } from './lib/installed.ts'
import { inRepo, repoRoot } from './lib/paths.ts'
import { choiceFile, choiceForTurbo, type EngineName, engines, namedEngine, oneOf } from './lib/settings.ts'
import { installPackages } from './setup/debian-packages.ts'
import { isPrivateDockerUp, startPrivateDocker, stopPrivateDocker } from './setup/private-docker.ts'
import { testPackages } from './setup/test-programs.ts'
import { made, madeOtherwise } from './testing/same-images.ts'
import { installScanner } from './testing/scanner.ts'
import { tellingImages } from './testing/telling.ts'
import { watchDisk } from './testing/watch-disk.ts'
import { readWorkspace } from './workspace/workspace.ts'

const usage = `
Usage: npm test

Everything: setup with both engines, the checks, every image built and tested on the first engine, one of each recipe
built to the same digest on the other, and the tests of the workshop itself. Prints how many tests ran where, and how long.
`

type Environment = Readonly<Record<string, string | undefined>>

interface Count {
  passed: number
  failed: number
}

/** What the tests compare with or make their samples with: real rpm and dnf, a C compiler, readelf. */
const programs = [
  ...testPackages,
  ...'rpm dnf createrepo-c binutils gnupg python3 sqlite3 docker-registry apache2-utils skopeo umoci zstd xz-utils bzip2 libarchive-tools'.split(
    ' ',
  ),
]

await main(
  usage,
  { engine: { type: 'string', help: 'only this engine, as ENGINE says' } },
  async ({ values }) => {
    const one = values.engine ? oneOf('--engine', values.engine, engines) : namedEngine()
    const chosen = one ? [one] : engines
    const parts: { what: string; count: Count; minutes: number; gigabytes: number }[] = []
    const disk = watchDisk(repoRoot)
    const part = async (what: string, run: () => Promise<Count>) => {
      const start = performance.now()
      const count = await run()
      parts.push({ what, count, minutes: (performance.now() - start) / 60_000, gigabytes: disk.most() })
    }
    const before = existsSync(choiceFile) ? readFileSync(choiceFile, 'utf8') : undefined
    const wasRunning = await isPrivateDockerUp()
    try {
      // Always one of our own: the tests empty its storage, and its version is the one that the README names.
      if (chosen.includes('buildkit')) await startPrivateDocker()
      await part('setup', async () => {
        const engine = `--engine=${one ?? 'all'}`
        const setup = await step('setup', 'scripts/setup.ts', '--yes', '--distro=lab', engine)
        if (setup.failed > 0) throw new UserError('setup failed; the lines above say why')
        await installPackages([...programs, ...linterPackages], 'yes')
        return setup
      })
      await part('checks', () => step('checks', 'scripts/check.ts', '--all'))
      await part('against the real tools', testTools)
      await part(chosen[0]!, () => testEngine(chosen[0]!))
      for (const name of chosen.slice(1)) await part(name, () => testOtherEngine(name))
      await part('the workshop', () => testWorkshop(chosen[0]!))
    } finally {
      disk.end()
      if (!wasRunning) await stopPrivateDocker()
      if (before === undefined) rmSync(choiceFile, { force: true })
      else writeFileSync(choiceFile, before)
    }
    for (const { what, count, minutes, gigabytes } of parts)
      print(
        `${what}: ${count.passed} passed, ${count.failed} failed, ${minutes.toFixed(1)} min, ` +
          `at most ${gigabytes.toFixed(1)} GB more on the disk than at first`,
      )
    const sum = parts.map(({ count }) => count).reduce(add)
    print(`${sum.passed} passed, ${sum.failed} failed`)
    if (sum.failed > 0 || parts.some(({ what, count }) => what !== 'setup' && count.passed === 0)) {
      throw new UserError('not everything passed; the lines above say what')
    }
  },
)

/** Our readers of ELF files and rpm databases against the programs they stand in for, and what the commands are made of. */
async function testTools(): Promise<Count> {
  print('\n== against the real tools')
  await installScanner()
  const commands = 'images/builder/commands/tests'
  return [
    await run(['node', '--import', 'tsx', '--test', '--test-reporter=spec', ...testsIn('tests/tools')], {}),
    await run(['/usr/bin/python3', '-m', 'unittest', 'discover', '-s', commands], {}),
  ].reduce(add)
}

/** Builds and tests every image, then what the workshop promises of this engine. */
async function testEngine(engine: EngineName): Promise<Count> {
  const env = choiceForTurbo({ distro: 'lab', engine })
  print(`\n== ${engine}`)
  const built = await build(engine)
  if (built.failed > 0) return built
  const lists = await check(['node', '--import', 'tsx', 'scripts/export-packages.ts', '--check'], env)
  // Forced: a test that turbo remembers is no test that ran.
  const test = ['run', 'test', '--only', '--force', '--continue', '--output-logs=full']
  return [
    lists,
    await run([installed('turbo'), ...test], env),
    await nodeTests('tests/engine', engine),
  ].reduce(add)
}

/**
 * Builds one image of each recipe on another engine than the first, which has just built them all. Images of one digest
 * are one image, so what was tested of it is not tested again; what the workshop promises of the engine is.
 */
async function testOtherEngine(engine: EngineName): Promise<Count> {
  print(`\n== ${engine}`)
  const workspace = readWorkspace()
  const names = tellingImages(workspace)
  const first = made(workspace, names)
  const built = await build(engine, names)
  if (built.failed > 0) return built
  const otherwise = madeOtherwise(first, made(workspace, names))
  for (const difference of otherwise) print(`✖ another image on ${engine}: ${difference}`)
  const same = { passed: names.length - otherwise.length, failed: otherwise.length }
  print(`${same.passed} of ${names.length} images have the same digest on ${engine}`)
  return add(same, await nodeTests('tests/engine', engine))
}

/** What does not depend on the engine, with what the first has made: the other has put its own in place of some of it. */
async function testWorkshop(engine: EngineName): Promise<Count> {
  const built = await build(engine)
  return built.failed > 0 ? built : nodeTests('tests', engine)
}

function build(engine: EngineName, names: readonly string[] = []): Promise<Count> {
  const filters = names.map(name => `--filter=${name}`)
  const command = [installed('turbo'), 'run', 'build', '--output-logs=new-only', ...filters]
  return run(command, choiceForTurbo({ distro: 'lab', engine }))
}

function nodeTests(folder: string, engine: EngineName): Promise<Count> {
  print(`\n== ${folder}, ${engine}`)
  const runner = ['node', '--import', 'tsx', '--test', '--test-reporter=spec', '--test-concurrency=1']
  // By the words that the images were built by: turbo would build them all again in each test's own checkout.
  return run([...runner, ...testsIn(folder)], choiceForTurbo({ distro: 'lab', engine }))
}

function testsIn(folder: string): string[] {
  return readdirSync(inRepo(folder))
    .filter(file => file.endsWith('.test.ts'))
    .map(file => `${folder}/${file}`)
}

function step(what: string, ...command: string[]): Promise<Count> {
  print(`\n== ${what}`)
  return run(['node', '--import', 'tsx', ...command], {})
}

/** A command that is one test by itself. */
async function check(command: string[], env: Environment): Promise<Count> {
  const { failed } = await run(command, env)
  return { passed: failed > 0 ? 0 : 1, failed }
}

/** Runs a command in full view and counts what node's and Python's test runners say at their end. */
async function run([program, ...args]: string[], env: Environment): Promise<Count> {
  const result = await execa(program!, args, {
    cwd: repoRoot,
    env: { ...env, FORCE_COLOR: '0', DOCKER_HOST: undefined },
    stdin: 'ignore',
    all: true,
    stdout: ['pipe', 'inherit'],
    stderr: ['pipe', 'inherit'],
    reject: false,
    maxBuffer: 256 << 20,
  })
  const sum = (pattern: RegExp) =>
    [...result.all.matchAll(pattern)].reduce((total, [, count]) => total + Number(count), 0)
  // A test that did not run did not pass.
  const failed = sum(/ℹ fail (\d+)/g) + sum(/ℹ (?:skipped|cancelled) (\d+)/g) + sum(/skipped=(\d+)/g)
  if (result.exitCode !== 0 && failed === 0) return { passed: 0, failed: 1 }
  return { passed: sum(/ℹ pass (\d+)/g) + sum(/^Ran (\d+) tests? in/gm), failed }
}

function add(a: Count, b: Count): Count {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed }
}
