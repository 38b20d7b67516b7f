import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Workbench } from './workbench.ts'

let bench: Workbench
before(() => {
  bench = new Workbench('new-image')
  const git = ['git', '-c', 'user.name=test', '-c', 'user.email=test@localhost']
  bench.run(['git', 'add', '--all'])
  assert.equal(bench.run([...git, 'commit', '-qm', 'as it is']).exitCode, 0)
})
after(() => bench.remove())

test('a new image is two files and a test, and builds and passes as it is', () => {
  const words = ['tar', '--parent', 'minimal-base-glibc', '--binary', '/usr/bin/tar']
  const made = bench.script('new-image', words)
  assert.equal(made.exitCode, 0, made.output)
  assert.deepEqual(readdirSync(join(bench.root, 'images/tar')).sort(), [
    'Dockerfile',
    'package.json',
    'test.ts',
  ])
  const status = bench.run(['git', 'status', '--porcelain']).stdout.trim().split('\n')
  assert.deepEqual(
    status.map(line => line.trim()),
    ['M package-lock.json', '?? images/tar/'],
  )
  const built = bench.run(['npx', 'turbo', 'run', 'build', 'test', '--filter=tar', '--output-logs=full'])
  assert.equal(built.exitCode, 0, built.output)
  assert.match(built.output, /✔ tar starts/)
})

test('packages are installed whole', () => {
  const made = bench.script('new-image', ['pipes', '--package', 'gzip bzip2', '--binary', '/usr/bin/xz'])
  assert.equal(made.exitCode, 0, made.output)
  assert.match(
    bench.read('images/pipes/Dockerfile'),
    /RUN install_rpm gzip bzip2 \\\n && install_binary \/usr\/bin\/xz \\\n && cleanup pipes\n/,
  )
})

test('what cannot be is told, and writes nothing', () => {
  const refused = (words: string[], message: RegExp) => {
    const { exitCode, output } = bench.script('new-image', words)
    assert.equal(exitCode, 1, output)
    assert.match(output, message)
  }
  refused([], /name one image/)
  refused(['Tar', '--binary', '/usr/bin/tar'], /Tar is no name for an image: use lower-case letters/)
  refused(['minimal-base', '--binary', '/usr/bin/tar'], /images\/minimal-base is there already/)
  refused(['zip', '--binary', 'zip'], /--binary=zip: give the absolute path/)
  refused(['zip'], /say what is in it/)
  refused(['zip', '--parent', 'minimal-bas', '--package', 'zip'], /nearest names are minimal-base/)
  assert.equal(existsSync(join(bench.root, 'images/zip')), false)
})
