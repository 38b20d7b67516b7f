import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { FileEntry } from '../oci/files.ts'
import { imageOfFiles } from './checks/directory-image.ts'
import type { CheckName, Facts } from './checks/facts.ts'
import { isRemovedByCleanup } from './checks/rpm-database.ts'
import { commonChecks } from './common-checks.ts'

type Paths = Parameters<typeof imageOfFiles>[0]

const link = (target: string) => ({ type: 'symlink', link: target }) as const
const mode = (mode: number, type: FileEntry['type'] = 'file') => ({ mode, type })

/** Titles read: with these files, this is what the check says. */
function says(
  name: CheckName,
  title: string,
  paths: Paths,
  problems: (string | RegExp)[],
  facts: Facts = {},
) {
  test(title, async () => {
    const found = await commonChecks.find(one => one.name === name)!.check(imageOfFiles(paths), facts)
    assert.equal(found.length, problems.length, found.join('\n'))
    for (const [index, problem] of problems.entries()) assert.match(found[index]!, new RegExp(problem))
  })
}

describe('links', () => {
  says('links', 'a link into the image is fine', { '/a': 'x', '/b': link('a'), '/c/d': link('../b') }, [])
  says('links', 'a dangling link is told with its target', { '/etc/ssl/x.cnf': link('../gone') }, [
    '/etc/ssl/x.cnf -> ../gone',
  ])
  says(
    'links',
    'targets of the running container are fine',
    { '/a': link('/proc/self/fd'), '/b': link('../run/x') },
    [],
  )
  says(
    'links',
    'also through /var/run',
    { '/var/run': link('../run'), '/var/pid': link('/var/run/x.pid') },
    [],
  )
  says(
    'links',
    'known ones are fine',
    { '/var/lock': link('/gone'), '/etc/mtab': link('/gone'), '/k': link('gone') },
    [],
    { danglingLinks: ['/k'] },
  )
})

describe('leftovers', () => {
  const leftovers: Paths = {
    '/var/cache/dnf/expired_repos.json': '{}',
    '/var/cache/ldconfig/aux-cache': 'x',
    '/var/log/dnf.log': '',
    '/var/log/lastlog': 'not empty',
    '/usr/bin/git;6543fedc': '',
    '/fakeroot/usr/bin/ln': '',
    '/usr/bin/ln': link('/fakeroot/usr/bin/ln'),
    '/etc/passwd-': '',
    '/etc/gshadow-': '',
    '/dev/null': '',
    '/etc/machine-id': 'abc\n',
    '/tmp/x': '',
    '/var/tmp/y': '',
    '/etc/nsswitch.conf.rpmnew': '',
    '/usr/lib/.build-id/ab/cd': '',
    '/root/.bash_history': '',
    '/srv/repo/a.rpm': '',
  }
  for (const [path, content] of Object.entries(leftovers)) {
    test(path, async () => {
      const image = imageOfFiles({ [path]: content })
      const found = await commonChecks.find(({ name }) => name === 'leftovers')!.check(image, {})
      assert.ok(found.length > 0)
    })
  }
  says(
    'leftovers',
    'what belongs there is fine',
    {
      '/var/cache/ldconfig': mode(0o700, 'dir'),
      '/var/log/lastlog': '',
      '/etc/machine-id': '',
      '/etc/passwd': 'x',
      '/tmp': mode(0o1777, 'dir'),
      '/dev/null': mode(0o666, 'char'),
    },
    [],
  )
  says(
    'leftovers',
    'an image with a package manager keeps its folders',
    { '/var/lib/dnf': mode(0o755, 'dir'), '/usr/lib/.build-id/a': '' },
    [],
    { packageManager: true },
  )
  says('leftovers', 'but not its history', { '/var/lib/dnf/history.sqlite': 'x' }, [/history/], {
    packageManager: true,
  })
})

describe('shell and package manager', () => {
  says(
    'shell',
    'by name, links too',
    { '/usr/bin/bash': '', '/usr/bin/sh': link('bash'), '/usr/local/bin/zsh': '' },
    ['/usr/bin/bash', '/usr/bin/sh', 'zsh'],
  )
  says(
    'shell',
    'not by a part of the name',
    { '/usr/bin/bashbug': '', '/usr/share/bash': '', '/usr/bin/ssh': '' },
    [],
  )
  says('shell', 'on purpose', { '/usr/bin/sh': '' }, [], { shell: true })
  says('package manager', 'by name', { '/usr/bin/rpm': '', '/usr/bin/dnf-3': '', '/usr/bin/rpmkeys': '' }, [
    'rpm',
    'dnf-3',
    'rpmkeys',
  ])
})

describe('privileges', () => {
  const powerful: Paths = {
    '/usr/bin/mount': mode(0o4755),
    '/usr/bin/write': mode(0o2755),
    '/usr/bin/ping': { xattrs: { 'security.capability': 'AQA=' } },
    '/var/mail': mode(0o2775, 'dir'),
  }
  says('privileges', 'each kind is named', powerful, [
    'mount has setuid',
    'write has setgid',
    'ping has file cap',
  ])
  says('privileges', 'on purpose', powerful, [], {
    privileged: ['/usr/bin/mount', '/usr/bin/write', '/usr/bin/ping'],
  })
  says(
    'privileges',
    'a setuid bit that got lost',
    { '/usr/bin/mount': mode(0o755) },
    [/should be privileged/],
    { privileged: ['/usr/bin/mount'] },
  )
  says(
    'world-writable',
    'files, and directories without sticky bit',
    {
      '/f': mode(0o666),
      '/go': mode(0o777, 'dir'),
      '/tmp': mode(0o1777, 'dir'),
      '/l': { ...link('f'), mode: 0o777 },
    },
    ['/f has mode 666', '/go has mode 777'],
  )
})

describe('configuration', () => {
  const check = (Env: string[]) => commonChecks.at(-1)!.check(imageOfFiles({}, { Env }), {})
  test('a PATH is enough', async () => assert.deepEqual(await check(['PATH=/usr/bin']), []))
  test('without a PATH', async () => assert.deepEqual(await check([]), ['Env has no PATH']))
  test('variables of the builder', async () => {
    const names = ['NEWROOT', 'DOWNLOAD_DIR', 'CLEANUP_UNNECESSARY_FILES', 'CA_CERTIFICATES_SCRIPTLET_REQS']
    const found = await check(['PATH=/bin', ...names.map(name => `${name}=x`)])
    assert.deepEqual(
      found,
      names.map(name => `Env has the builder's ${name}`),
    )
  })
  test('a secret is named, its value is not', async () => {
    const found = await check(['PATH=/bin', 'NPM_TOKEN=hunter2', 'URL=https://me:hunter2@host/'])
    assert.deepEqual(found, ['NPM_TOKEN looks like a secret', 'URL looks like a secret'])
  })
})

describe('what cleanup deletes explains a missing file', () => {
  const removed = [
    '/usr/share/doc/git/README',
    '/usr/share/man/man1/ls.1.gz',
    '/usr/lib/.build-id/ab/c',
    '/var/log/x.log',
  ]
  const kept = [
    '/usr/share/doc/git/COPYING',
    '/usr/share/doc/pkg/License.txt',
    '/usr/bin/git',
    '/usr/share/licenses/x/y',
  ]
  for (const path of removed) test(`${path} may be missing`, () => assert.ok(isRemovedByCleanup(path)))
  for (const path of kept) test(`${path} may not`, () => assert.ok(!isRemovedByCleanup(path)))
})
