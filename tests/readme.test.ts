import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Workbench } from './workbench.ts'

let bench: Workbench
before(() => {
  bench = new Workbench('readme')
})
after(() => bench.remove())

const blocks = (language: string) =>
  [...bench.read('README.md').matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(
    ([, text]) => text!,
  )

test('every command of the README runs', () => {
  const commands = blocks('sh')
    .flatMap(block => block.split('\n'))
    .map(line => line.replace(/ +#.*$/, ''))
    // This is `npm test`.
    .filter(line => line && line !== 'npm test')
  assert.ok(commands.length >= 9, `only ${commands.length} commands were found`)
  for (const command of commands) {
    const { exitCode, output } = bench.run(['bash', '-c', command])
    assert.equal(exitCode, 0, `${command}\n${output}`)
  }
})

test('the image that the README adds builds and passes its tests, and no other file changes', () => {
  const folder = 'images/minimal-base-tar'
  bench.run(['git', 'add', '--all'])
  bench.write(`${folder}/package.json`, blocks('json')[0]!)
  bench.write(`${folder}/Dockerfile`, blocks('dockerfile')[0]!)
  const installed = bench.run(['npm', 'install', '--no-audit', '--no-fund'])
  assert.equal(installed.exitCode, 0, installed.output)
  const { exitCode, output } = bench.run([
    'npx',
    'turbo',
    'run',
    'build',
    'test',
    '--filter=minimal-base-tar',
  ])
  assert.equal(exitCode, 0, output)
  const ran = bench.script('run', ['minimal-base-tar', '--', '/usr/bin/tar', '--version'])
  assert.match(ran.output, /^tar \(GNU tar\)/)
  const changed = bench
    .run(['git', 'status', '--porcelain'])
    .stdout.split('\n')
    .filter(line => !line.startsWith('A '))
  assert.deepEqual(changed.filter(Boolean).sort(), [`?? ${folder}/`, 'AM package-lock.json'])
})
