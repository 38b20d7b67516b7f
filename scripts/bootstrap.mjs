// The one script that runs before `npm ci` has: it installs the workspace's packages if they are not there or not
// those of the lockfile, then runs the script it is given. Plain JavaScript, because Node 20 reads no TypeScript.
import { spawnSync } from 'node:child_process'
import { accessSync, closeSync, constants, existsSync, openSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'

requireFiles(96)
// Else the loader of TypeScript, which keeps what it has read in a folder there, would end with a stack.
if (!isWritable(tmpdir())) process.env.TSX_DISABLE_CACHE = '1'
const installed = 'node_modules/.package-lock.json'
const current =
  existsSync(installed) &&
  existsSync('node_modules/.bin/turbo') &&
  statSync(installed).mtimeMs >= statSync('package-lock.json').mtimeMs
if (!current) run('npm', ['ci', '--include=dev', '--no-audit', '--no-fund'])
const [script, ...args] = process.argv.slice(2)
run(process.execPath, ['--import', 'tsx', script, ...args])

function run(program, args) {
  const { status, signal, error } = spawnSync(program, args, { stdio: 'inherit' })
  if (error) console.error(`error: ${program} does not start: ${error.message}`)
  if (signal) process.kill(process.pid, signal)
  if (status !== 0) process.exit(status ?? 1)
}

/** Node opens the modules that a script imports all at once. */
function requireFiles(count) {
  const open = []
  try {
    while (open.length < count) open.push(openSync('/dev/null', 'r'))
  } catch {
    console.error(`error: this shell may have too few files open at once: allow it more, 'ulimit -n 1024'`)
    process.exit(1)
  } finally {
    for (const fd of open) closeSync(fd)
  }
}

function isWritable(folder) {
  try {
    accessSync(folder, constants.W_OK)
    return statSync(folder).isDirectory()
  } catch {
    return false
  }
}
