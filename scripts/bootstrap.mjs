// The one script that runs before `npm ci` has: it installs the workspace's packages if they are not there or not
// those of the lockfile, then runs the script it is given. Plain JavaScript, because Node 20 reads no TypeScript.
import { spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'

const installed = 'node_modules/.package-lock.json'
const current =
  existsSync(installed) &&
  existsSync('node_modules/.bin/turbo') &&
  statSync(installed).mtimeMs >= statSync('package-lock.json').mtimeMs
if (!current) run('npm', ['ci', '--include=dev', '--no-audit', '--no-fund'])
const [script, ...args] = process.argv.slice(2)
run(process.execPath, ['--import', 'tsx', script, ...args])

function run(program, args) {
  const { status, error } = spawnSync(program, args, { stdio: 'inherit' })
  if (error) console.error(`error: ${program} does not start: ${error.message}`)
  if (status !== 0) process.exit(status ?? 1)
}
