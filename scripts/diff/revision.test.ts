import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { gitEnvironment } from '../lib/git.ts'
import { readRevision } from './revision.ts'

let root: string
const git = (...args: string[]) =>
  execFileSync('git', ['-C', root, '-c', 'user.name=a', '-c', 'user.email=a@localhost', ...args], {
    env: { ...process.env, ...gitEnvironment() },
    stdio: 'pipe',
  })

const lists = 'packages-lists/lab/linux_amd64'
const files = {
  [`${lists}/base`]: 'bash-1-1.noarch\nzlib-1-1.x86_64\n',
  [`${lists}/empty`]: '',
  [`${lists}/caf\u00e9`]: 'a-1-1.noarch\n',
  [`${lists}/two\nlines`]: 'a-1-1.noarch\n',
  'packages-lists/README.md': 'About the lists.\n',
  [`${lists}/deeper/a`]: 'a-1-1.noarch\n',
  [`${lists}/sizes.json`]:
    '{"images": {"base": {"download": 5, "installed": 7}}, "packages": {"bash-1-1.noarch": 3}}\n',
}

before(() => {
  root = mkdtempSync(join(tmpdir(), 'revision-'))
  git('init', '--quiet', '--initial-branch=main')
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, file)), { recursive: true })
    writeFileSync(join(root, file), content)
  }
  symlinkSync('base', join(root, lists, 'link'))
  git('add', '--all')
  git('commit', '--quiet', '--message', 'lists')
  git('branch', 'topic/a')
})
after(() => rmSync(root, { recursive: true }))

async function assertRead(): Promise<void> {
  const [base, empty, ...others] = (await readRevision('topic/a', root)) ?? []
  assert.deepEqual(base, {
    image: 'base',
    where: 'lab linux_amd64',
    lines: ['bash-1-1.noarch', 'zlib-1-1.x86_64'],
    sizes: new Map([['bash-1-1.noarch', 3]]),
    download: 5,
    installed: 7,
  })
  assert.deepEqual([empty?.image, empty?.lines], ['empty', []])
  assert.deepEqual(others, [])
}

test('every list of a revision is read, and nothing that is none', assertRead)

test("the repository's configuration changes nothing", async () => {
  const own = {
    'grep.lineNumber': 'true',
    'grep.column': 'true',
    'grep.fullName': 'true',
    'color.ui': 'always',
    'core.quotePath': 'true',
    'core.pager': 'false',
    'alias.ls-tree': 'log',
    'core.abbrev': '4',
    'core.autocrlf': 'true',
  }
  for (const [key, value] of Object.entries(own)) git('config', key, value)
  await assertRead()
})

test("nor does the user's, or what GIT_* says", async () => {
  const home = mkdtempSync(join(tmpdir(), 'home-'))
  writeFileSync(join(home, '.gitconfig'), '[grep\n')
  const said = {
    HOME: home,
    GIT_DIR: home,
    GIT_INDEX_FILE: home,
    GIT_CONFIG_COUNT: 'x',
    GIT_OBJECT_DIRECTORY: home,
  }
  const saved = Object.fromEntries(Object.keys(said).map(name => [name, process.env[name]]))
  Object.assign(process.env, said)
  try {
    await assertRead()
  } finally {
    for (const [name, value] of Object.entries(saved)) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  }
})

test('what is no revision is none, and an option is refused', async () => {
  for (const word of ['nowhere', '', 'main..topic/a', '^main', 'main^{tree}', 'main:packages-lists', 'a b']) {
    assert.equal(await readRevision(word, root), undefined, word)
  }
  for (const word of ['--help', '-x', '--output=/tmp/x', '-']) {
    await assert.rejects(readRevision(word, root), {
      name: 'UserError',
      message: `${word} is no revision: git's do not begin with -`,
    })
  }
  await assert.rejects(readRevision('main', mkdtempSync(join(tmpdir(), 'none-'))), {
    name: 'UserError',
    message: /^git cannot look for the revision main: not a git repository[^\n]*$/,
  })
})

test('a revision without lists, or with a ledger that is cut, is one line', async () => {
  git('checkout', '--quiet', '-b', 'cut')
  writeFileSync(join(root, lists, 'sizes.json'), '{"images": {')
  git('commit', '--quiet', '--all', '--message', 'cut')
  await assert.rejects(readRevision('cut', root), {
    name: 'UserError',
    message: /^cut:packages-lists\/lab\/linux_amd64\/sizes.json is not JSON: /,
  })
  git('rm', '--quiet', '-r', 'packages-lists')
  git('commit', '--quiet', '--message', 'none')
  await assert.rejects(readRevision('cut', root), { name: 'UserError', message: /^cut has no package lists/ })
})
