import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { $ } from 'zx'
import { lintOthers } from './check/linters.ts'
import { main, print } from './lib/cli.ts'
import { UserError } from './lib/errors.ts'
import { installed } from './lib/installed.ts'
import { repoRoot } from './lib/paths.ts'
import { oneOf } from './lib/settings.ts'

const usage = `
Usage: npm run check

Everything that needs no image: format, lint and import cycles, types, unit tests, and linters of Python, Go and shell
where they are installed. Seconds.
`

const steps = {
  'format, lint, import cycles': () => [installed('biome'), 'check', '--error-on-warnings'],
  types: () => [installed('tsc'), '--project', '.'],
  'the README and the parity page are as what they are made from': () => [
    'sh',
    '-c',
    'node --import tsx scripts/readme.ts --check && node --import tsx scripts/parity.ts --check',
  ],
  'unit tests': () => ['node', '--import', 'tsx', '--test', '--test-reporter=spec', ...unitTests()],
}

const others = 'other languages'

const options = {
  fix: { type: 'boolean', help: 'repair what can be repaired' },
  only: { type: 'string', help: 'one step alone, by its heading' },
  all: { type: 'boolean', help: 'a linter that is not installed is a failure' },
} as const

await main(usage, options, async ({ flags, values }) => {
  const only = values.only && oneOf('--only', values.only, [...Object.keys(steps), others])
  const show = $({ stdio: 'inherit', cwd: repoRoot, nothrow: true })
  if (flags.fix) await show`${installed('biome')} check --write`
  for (const [what, command] of Object.entries(steps).filter(([what]) => !only || what === only)) {
    print(`\n== ${what}`)
    const { exitCode } = await show`${command()}`
    if (exitCode !== 0)
      throw new UserError(`${what}: failed; 'npm run check -- --fix' repairs format and simple lint`)
  }
  if (!only || only === others) await checkOthers(flags.all === true)
})

async function checkOthers(all: boolean): Promise<void> {
  print(`\n== ${others}: Python, Go, shell`)
  const { faults, unchecked } = await lintOthers()
  for (const line of [...faults, ...unchecked.map(what => `not checked here: ${what}`)]) print(line)
  const failed = faults.length + (all ? unchecked.length : 0)
  if (failed > 0) throw new UserError(`${others}: failed; the lines above say what`)
}

/** Unit tests stand beside what they test; `tests/` holds those that need other programs, or build images. */
function unitTests(): string[] {
  return ['scripts', 'images/distro/lab']
    .flatMap(folder =>
      readdirSync(join(repoRoot, folder), { recursive: true, encoding: 'utf8' }).map(file =>
        join(folder, file),
      ),
    )
    .filter(file => file.endsWith('.test.ts'))
    .sort()
}
