import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { execa } from 'execa'
import { comparedSample, foreignSample } from '../tests/platforms/sample.ts'
import { linterPackages } from './check/linters.ts'
import { main, print } from './lib/cli.ts'
import { UserError } from './lib/errors.ts'
import { installed } from './lib/installed.ts'
import { inRepo, repoRoot } from './lib/paths.ts'
import {
  choiceFile,
  choiceForTurbo,
  type EngineName,
  engines,
  foreignPlatform,
  namedEngine,
  nativePlatform,
  oneOf,
  type Platform,
  platforms,
} from './lib/settings.ts'
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
       npm run test:all-platforms

Everything: setup with both engines, the checks, every image built and tested on the first engine, one of each recipe
built to the same digest on the other, some of them for the platform that this machine is not, and the tests of the
workshop itself. Prints how many tests ran where, and how long. With --all-platforms, instead, all that takes too long for
that: each image for the other platform on one engine, and one of each recipe on the other.
`

type Environment = Readonly<Record<string, string | undefined>>

interface Count {
  passed: number
  failed: number
  /** Left out where the image's programs are emulated. */
  notEmulated: number
}

const none: Count = { passed: 0, failed: 0, notEmulated: 0 }

/** What the tests compare with or make their samples with: real rpm and dnf, a C compiler, readelf. */
const programs = [
  ...testPackages,
  ...'rpm dnf createrepo-c binutils gnupg python3 sqlite3 docker-registry apache2-utils skopeo umoci zstd xz-utils bzip2 libarchive-tools'.split(
    ' ',
  ),
]

await main(
  usage,
  {
    engine: { type: 'string', help: 'only this engine, as ENGINE says' },
    'all-platforms': { type: 'boolean', help: 'what is left of the other platform' },
  },
  async ({ flags, values }) => {
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
      if (flags['all-platforms']) {
        for (const name of chosen) await part(name, () => testAllForeign(name, name === chosen.at(-1)))
      } else {
        await part('checks', () => step('checks', 'scripts/check.ts', '--all'))
        await part('against the real tools', testTools)
        await part(chosen[0]!, () => testEngine(chosen[0]!))
        await part(`${chosen[0]}, ${foreignPlatform}`, () => testForeign(chosen[0]!))
        for (const name of chosen.slice(1)) await part(name, () => testOtherEngine(name))
        await part('the workshop', () => testWorkshop(chosen[0]!))
      }
    } finally {
      disk.end()
      if (!wasRunning) await stopPrivateDocker()
      if (before === undefined) rmSync(choiceFile, { force: true })
      else writeFileSync(choiceFile, before)
    }
    for (const { what, count, minutes, gigabytes } of parts)
      print(
        `${what}: ${say(count)}, ${minutes.toFixed(1)} min, ` +
          `at most ${gigabytes.toFixed(1)} GB more on the disk than at first`,
      )
    const sum = parts.map(({ count }) => count).reduce(add)
    print(say(sum))
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
    await run(['node', ...runner(2), ...testsIn('tests/tools')], {}),
    await run(['/usr/bin/python3', '-m', 'unittest', 'discover', '-s', commands], {}),
  ].reduce(add)
}

/** Builds and tests every image, then what the workshop promises of this engine. */
async function testEngine(engine: EngineName): Promise<Count> {
  const env = choiceForTurbo({ distro: 'lab', engine })
  print(`\n== ${engine}`)
  const built = await build(env)
  if (built.failed > 0) return built
  const lists = await check(['node', '--import', 'tsx', 'scripts/export-packages.ts', '--check'], env)
  // Forced: a test that turbo remembers is no test that ran.
  const test = ['run', 'test', '--only', '--force', '--continue', '--output-logs=full']
  return [
    lists,
    await run([installed('turbo'), ...test], env),
    await nodeTests('tests/engine', env, 1),
  ].reduce(add)
}

/**
 * Some images for the platform that this machine is not. On the engine that builds them first they are tested, too.
 * All is built for both platforms at once: turbo holds what is built for one for gone when another alone is asked for.
 */
async function testForeign(engine: EngineName, names: readonly string[] = foreignSample): Promise<Count> {
  print(`\n== ${foreignPlatform}, ${engine}`)
  const both = bothPlatforms(engine)
  const built = await build(both, names)
  if (built.failed > 0) return built
  const foreign = { ...both, PLATFORMS: foreignPlatform }
  return [
    await check(['node', '--import', 'tsx', 'scripts/export-packages.ts', '--check', ...names], both),
    await run(['node', '--import', 'tsx', 'scripts/test.ts', ...names], foreign),
    await nodeTests('tests/platforms', both, 1),
  ].reduce(add)
}

/**
 * What `testForeign` leaves out: on the last engine every image, built and tested for the other platform, on the first
 * one of each recipe, and those whose build is emulated as a whole.
 */
async function testAllForeign(engine: EngineName, isLast: boolean): Promise<Count> {
  const workspace = readWorkspace()
  const names = isLast ? [...workspace.keys()] : tellingImages(workspace)
  const tested = await testForeign(engine, names)
  return tested.failed > 0
    ? tested
    : add(tested, await nodeTests('tests/platforms/all', bothPlatforms(engine), 1))
}

/**
 * Builds one image of each recipe on another engine than the first, which has just built them all. Images of one digest
 * are one image, so what was tested of it is not tested again; what the workshop promises of the engine is.
 */
async function testOtherEngine(engine: EngineName): Promise<Count> {
  print(`\n== ${engine}`)
  const names = tellingImages(readWorkspace())
  return [
    await compareEngine(engine, comparedSample, platforms),
    await compareEngine(engine, names, [nativePlatform]),
    await nodeTests('tests/engine', choiceForTurbo({ distro: 'lab', engine }), 1),
  ].reduce(add)
}

async function compareEngine(
  engine: EngineName,
  names: readonly string[],
  on: readonly Platform[],
): Promise<Count> {
  const workspace = readWorkspace()
  const before = on.map(platform => made(workspace, names, platform))
  const built = await build({ ...choiceForTurbo({ distro: 'lab', engine }), PLATFORMS: on.join(',') }, names)
  if (built.failed > 0) return built
  return on
    .map((platform, index) => {
      const otherwise = madeOtherwise(before[index]!, made(workspace, names, platform))
      for (const difference of otherwise) print(`✖ another image on ${engine} for ${platform}: ${difference}`)
      const passed = names.length - otherwise.length
      print(`${passed} of ${names.length} images for ${platform} have the same digest on ${engine}`)
      return { ...none, passed, failed: otherwise.length }
    })
    .reduce(add)
}

/** What does not depend on the engine, with what the first has made: the other has put its own in place of some of it. */
async function testWorkshop(engine: EngineName): Promise<Count> {
  const env = choiceForTurbo({ distro: 'lab', engine })
  const built = await build(env)
  return built.failed > 0 ? built : nodeTests('tests', env, 2)
}

function bothPlatforms(engine: EngineName): Environment {
  return { ...choiceForTurbo({ distro: 'lab', engine }), PLATFORMS: platforms.join(',') }
}

function build(env: Environment, names: readonly string[] = []): Promise<Count> {
  const filters = names.map(name => `--filter=${name}`)
  return run([installed('turbo'), 'run', 'build', '--output-logs=new-only', ...filters], env)
}

/**
 * In the environment that the images were built in: by other words turbo would build them all again in each test's own
 * checkout. Files that build images one after the other leave a core to nobody, so `atOnce` is 1 for them.
 */
function nodeTests(folder: string, env: Environment, atOnce: number): Promise<Count> {
  print(`\n== ${folder}`)
  return run(['node', ...runner(atOnce), ...testsIn(folder)], env)
}

function runner(atOnce: number): string[] {
  return ['--import', 'tsx', '--test', '--test-reporter=spec', `--test-concurrency=${atOnce}`]
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
  return { ...none, passed: failed > 0 ? 0 : 1, failed }
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
  const notEmulated = [...result.all.matchAll(/^\s*﹣ .* # not emulated: /gm)].length
  // A test that did not run did not pass, unless it says that no emulator can run it.
  const skipped = sum(/ℹ (?:skipped|cancelled) (\d+)/g) - notEmulated
  const failed = sum(/ℹ fail (\d+)/g) + skipped + sum(/skipped=(\d+)/g)
  if (result.exitCode !== 0 && failed === 0) return { ...none, failed: 1 }
  return { passed: sum(/ℹ pass (\d+)/g) + sum(/^Ran (\d+) tests? in/gm), failed, notEmulated }
}

function add(a: Count, b: Count): Count {
  return {
    passed: a.passed + b.passed,
    failed: a.failed + b.failed,
    notEmulated: a.notEmulated + b.notEmulated,
  }
}

function say({ passed, failed, notEmulated }: Count): string {
  const apart = notEmulated > 0 ? `, ${notEmulated} that no emulator can run` : ''
  return `${passed} passed, ${failed} failed${apart}`
}
