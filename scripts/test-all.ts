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
import { installScanner } from './testing/scanner.ts'
import { tellingImages } from './testing/telling.ts'
import { readWorkspace } from './workspace/workspace.ts'

const usage = `
Usage: npm test

Everything: setup with both engines, the checks, every image built and tested on the first engine and one of each
recipe on the other, and the tests of the workshop itself. Prints how many tests ran where.
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
    const counts: Record<string, Count> = {}
    const before = existsSync(choiceFile) ? readFileSync(choiceFile, 'utf8') : undefined
    const wasRunning = await isPrivateDockerUp()
    try {
      // Always one of our own: the tests empty its storage, and its version is the one that the README names.
      if (chosen.includes('buildkit')) await startPrivateDocker()
      const engine = `--engine=${one ?? 'all'}`
      const setup = await step('setup', 'scripts/setup.ts', '--yes', '--distro=lab', engine)
      if (setup.failed > 0) throw new UserError('setup failed; the lines above say why')
      await installPackages([...programs, ...linterPackages], 'yes')
      counts.checks = await step('checks', 'scripts/check.ts', '--all')
      counts['against the real tools'] = await testTools()
      for (const name of chosen) counts[name] = await testEngine(name, name === chosen[0])
      counts['the workshop'] = await testWorkshop(chosen[0]!)
    } finally {
      if (!wasRunning) await stopPrivateDocker()
      if (before === undefined) rmSync(choiceFile, { force: true })
      else writeFileSync(choiceFile, before)
    }
    for (const [what, { passed, failed }] of Object.entries(counts))
      print(`${what}: ${passed} passed, ${failed} failed`)
    const sum = Object.values(counts).reduce(add)
    print(`${sum.passed} passed, ${sum.failed} failed`)
    if (sum.failed > 0 || Object.values(counts).some(({ passed }) => passed === 0)) {
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

/** Builds and tests every image on one engine, or one of each recipe, then what the workshop promises of that engine. */
async function testEngine(engine: EngineName, every: boolean): Promise<Count> {
  const env = choiceForTurbo({ distro: 'lab', engine })
  print(`\n== ${engine}`)
  const workspace = readWorkspace()
  const names = every ? [] : tellingImages(workspace)
  const filters = names.map(name => `--filter=${name}`)
  const built = await run([installed('turbo'), 'run', 'build', '--output-logs=new-only', ...filters], env)
  if (built.failed > 0) return built
  const published = names.filter(name => !workspace.get(name)!.internal)
  const lists = await check(
    ['node', '--import', 'tsx', 'scripts/export-packages.ts', '--check', ...published],
    env,
  )
  // Forced: a test that turbo remembers is no test that ran.
  const test = [
    installed('turbo'),
    'run',
    'test',
    '--only',
    '--force',
    '--continue',
    '--output-logs=full',
    ...filters,
  ]
  return [lists, await run(test, env), await nodeTests('tests/engine', engine)].reduce(add)
}

/** What does not depend on the engine, with what the first has made: the other has put its own in place of some of it. */
async function testWorkshop(engine: EngineName): Promise<Count> {
  const build = [installed('turbo'), 'run', 'build', '--output-logs=new-only']
  const built = await run(build, choiceForTurbo({ distro: 'lab', engine }))
  return built.failed > 0 ? built : nodeTests('tests', engine)
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
