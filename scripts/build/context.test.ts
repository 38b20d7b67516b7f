import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { test } from 'node:test'
import { temporaryFolder } from '../lib/temporary-folder.ts'
import { copyRecipe } from './context.ts'

const epoch = 1_700_000_000

function recipe(...paths: string[]): { folder: string; work: string } {
  const folder = temporaryFolder()
  for (const path of paths) {
    mkdirSync(join(folder, dirname(path)), { recursive: true })
    writeFileSync(join(folder, path), path)
  }
  return { folder, work: temporaryFolder() }
}

const filesIn = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => !entry.isDirectory())
    .map(entry => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort()

test('outputs, tests and what tools leave lie in no context; what git ignores does', () => {
  const { folder, work } = recipe(
    'Dockerfile',
    'files/a.log',
    'b~',
    '.hidden/x',
    'sub/dist/x',
    'commands/bin/x',
    'dist/oci/index.json',
    'work/lock',
    'node_modules/x/y',
    '.turbo/turbo-build.log',
    'README.md',
    'test.ts',
    'lib/x.test.ts',
    'commands/tests/x.py',
    'commands/lib/__pycache__/x.pyc',
  )
  execFileSync('git', ['init', '-q'], { cwd: folder })
  writeFileSync(join(folder, '.git', 'info', 'exclude'), '*.log\n*~\n')
  const target = copyRecipe(folder, work, epoch)
  const found = filesIn(target).filter(file => !file.startsWith('.git/'))
  assert.deepEqual(found, ['.hidden/x', 'Dockerfile', 'b~', 'commands/bin/x', 'files/a.log', 'sub/dist/x'])
})

test('modes are those of a checkout and times are given, whatever they are here', () => {
  const { folder, work } = recipe('a', 'b', 'c')
  chmodSync(join(folder, 'a'), 0o600)
  chmodSync(join(folder, 'b'), 0o4710)
  chmodSync(join(folder, 'c'), 0o666)
  utimesSync(join(folder, 'c'), -1000, -1000)
  symlinkSync('../nowhere', join(folder, 'link'))
  const target = copyRecipe(folder, work, epoch)
  const mode = (name: string) => statSync(join(target, name)).mode & 0o7777
  assert.deepEqual(['a', 'b', 'c'].map(mode), [0o644, 0o755, 0o644])
  for (const name of ['a', 'b', 'c']) assert.equal(statSync(join(target, name)).mtimeMs, epoch * 1000)
  assert.equal(readlinkSync(join(target, 'link')), '../nowhere')
})

test('another content has another path, and the same has the same', () => {
  const copied = (content: string) => {
    const { folder, work } = recipe('Dockerfile')
    writeFileSync(join(folder, 'Dockerfile'), content)
    return basename(copyRecipe(folder, work, epoch))
  }
  assert.equal(copied('one'), copied('one'))
  assert.notEqual(copied('one'), copied('two'))
})

test('a pipe is refused: turbo sees none', () => {
  const { folder, work } = recipe('Dockerfile')
  execFileSync('mkfifo', [join(folder, 'pipe')])
  assert.throws(() => copyRecipe(folder, work, epoch), {
    name: 'UserError',
    message: /pipe is neither a file nor a link: remove it/,
  })
})
