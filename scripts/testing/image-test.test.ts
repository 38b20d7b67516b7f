import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { inRepo } from '../lib/paths.ts'
import { directoryOf } from './checks/directory-image.ts'

const without = ['links', 'libraries', 'rpm database', 'complete packages', 'owned files', 'leftovers']

describe('an image that is as its test says', () => {
  const { status, output } = runSpec(
    `{ ...facts, config: { User: '0', Env: ['PATH=/bin'], Cmd: undefined },
       files: { '/etc/passwd': { type: 'file', mode: 0o644, uid: 0, contains: ['nobody', /^root:/m] }, '/bin/sh': 'absent' },
       run: [{ name: 'it says its arguments', argv: ['a', 'b'], user: '1', stdout: /^a b as 1$/ },
             { name: 'it gets files', argv: ['x'], add: { '/probe': async () => '/made' }, stderr: /"\\/probe":"\\/made"/ },
             { name: 'it fails with 3', argv: ['fail'], exitCode: 3 }] }`,
  )
  test('passes', () => assert.equal(status, 0, output))
  for (const title of ['a shell only on purpose', '/etc/passwd', '/bin/sh is absent', 'it gets files']) {
    test(`ran "${title}"`, () => assert.match(output, new RegExp(`^ *ok \\d+ - ${title}`, 'm')))
  }
})

describe('an image that is not as its test says', () => {
  const { status, output } = runSpec(
    `{ ...facts, config: { User: '65532' }, packages: ['setup'],
       files: { '/etc/passwd': { mode: 0o600, contains: 'nonroot' }, '/etc/group': 'present', '/etc': 'absent' },
       run: [{ name: 'it works', argv: ['fail'] }, { name: 'it is quiet', argv: ['a'], stdout: /^$/ },
             { name: 'it starts', argv: ['unstartable'] }] }`,
  )
  const failures = [
    'configuration',
    'packages',
    '/etc/passwd',
    '/etc/group',
    '/etc is absent',
    'it works',
    'it is quiet',
    'it starts',
  ]
  test('fails', () => assert.notEqual(status, 0))
  for (const title of failures) {
    test(`"${title}" failed`, () => assert.match(output, new RegExp(`^ *not ok \\d+ - ${title}$`, 'm')))
  }
  test('says what differs', () => {
    for (const words of [
      'mode is 0644, not 0600',
      'does not contain nonroot',
      'exit code 3 instead of 0',
      'no such program',
    ])
      assert.ok(output.includes(words), `${words} in\n${output}`)
  })
})

test('without a subject every test fails with the reason', () => {
  const { status, output } = runSpec('facts', "Promise.reject(new Error('no image was built'))")
  assert.notEqual(status, 0)
  assert.doesNotMatch(output, /^ {4}ok /m)
  assert.match(output, /no image was built/)
})

/** Runs `testImage(spec)` in a process of its own, on an image of one file. */
function runSpec(spec: string, subject = 'Promise.resolve({ distro: "lab", image, run })') {
  const folder = directoryOf({})
  writeFileSync(
    join(folder, 'spec.mts'),
    `import { imageOfFiles } from '${inRepo('scripts/testing/checks/directory-image.ts')}'
     import { testImage } from '${inRepo('scripts/testing/image-test.ts')}'
     const facts = { without: ${JSON.stringify(without)} }
     const image = imageOfFiles({ '/etc/passwd': 'root:x:0\\nnobody:x\\n' }, { User: '0', Env: ['PATH=/bin'] })
     const run = async ({ argv, user, add }) => {
       if (argv[0] === 'unstartable') throw new Error('no such program')
       return { exitCode: argv[0] === 'fail' ? 3 : 0, stdout: argv.join(' ') + ' as ' + user, stderr: JSON.stringify(add) }
     }
     testImage(${spec}, ${subject})`,
  )
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const argv = ['--import', 'tsx', '--test', '--test-reporter', 'tap', join(folder, 'spec.mts')]
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, {
    cwd: inRepo(),
    env,
    encoding: 'utf8',
  })
  return { status, output: stdout + stderr }
}
