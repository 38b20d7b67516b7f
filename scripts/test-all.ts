import { readdirSync } from 'node:fs'
import { execa } from 'execa'
import { main } from './lib/cli.ts'
import { UserError } from './lib/errors.ts'
import { inRepo, repoRoot } from './lib/paths.ts'
import { type EngineName, engines, oneOf } from './lib/settings.ts'
import { stopPrivateDocker } from './setup/private-docker.ts'

const usage = `
Usage: npm test

Everything: setup with both engines, the checks, every image built and tested on each engine, and the tests of the
workshop itself. Prints how many tests ran where.
`

interface Count {
  passed: number
  failed: number
}

await main(usage, { engine: { type: 'string', help: 'only this engine' } }, async ({ values }) => {
  const chosen = values.engine ? [oneOf('--engine', values.engine, engines)] : engines
  const counts: Record<string, Count> = {}
  try {
    const setup = await step(
      'setup',
      'scripts/setup.ts',
      '--yes',
      '--distro=lab',
      `--engine=${values.engine ?? 'all'}`,
    )
    if (setup.failed > 0) throw new UserError('setup failed; the lines above say why')
    counts.checks = await step('checks', 'scripts/check.ts')
    for (const engine of chosen) counts[engine] = await testEngine(engine)
  } finally {
    await stopPrivateDocker()
  }
  for (const [what, { passed, failed }] of Object.entries(counts))
    console.log(`${what}: ${passed} passed, ${failed} failed`)
  const sum = Object.values(counts).reduce(add)
  console.log(`${sum.passed} passed, ${sum.failed} failed`)
  if (sum.failed > 0 || Object.values(counts).some(({ passed }) => passed === 0)) {
    throw new UserError('not everything passed; the lines above say what')
  }
})

/** Builds and tests every image on one engine, then what the workshop promises of that engine. */
async function testEngine(engine: EngineName): Promise<Count> {
  const env = { ENGINE: engine, DISTRO: 'lab' }
  console.log(`\n== ${engine}`)
  const images = await run(['npx', 'turbo', 'run', 'build', 'test', '--output-logs=full'], env)
  const workshop = await run(
    ['node', '--import', 'tsx', '--test', '--test-reporter=spec', '--test-concurrency=1', ...workshopTests()],
    env,
  )
  return add(images, workshop)
}

const workshopTests = () =>
  readdirSync(inRepo('tests'))
    .filter(file => file.endsWith('.test.ts'))
    .map(file => `tests/${file}`)

function step(what: string, ...command: string[]): Promise<Count> {
  console.log(`\n== ${what}`)
  return run(['node', '--import', 'tsx', ...command], {})
}

/** Runs a command in full view and counts what node's and Python's test runners say at their end. */
async function run([program, ...args]: string[], env: Record<string, string>): Promise<Count> {
  const result = await execa(program!, args, {
    cwd: repoRoot,
    env: { ...env, FORCE_COLOR: '0' },
    stdin: 'ignore',
    all: true,
    stdout: ['pipe', 'inherit'],
    stderr: ['pipe', 'inherit'],
    reject: false,
    maxBuffer: 256 << 20,
  })
  const sum = (pattern: RegExp) =>
    [...result.all.matchAll(pattern)].reduce((total, [, count]) => total + Number(count), 0)
  const failed = sum(/ℹ fail (\d+)/g)
  if (result.exitCode !== 0 && failed === 0) return { passed: 0, failed: 1 }
  return { passed: sum(/ℹ pass (\d+)/g) + sum(/^Ran (\d+) tests? in/gm), failed }
}

const add = (a: Count, b: Count): Count => ({ passed: a.passed + b.passed, failed: a.failed + b.failed })
