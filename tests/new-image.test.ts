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

test('a run that was stopped while npm was at work is taken up again', () => {
  const words = ['late', '--package', 'gzip']
  const lockfile = bench.read('package-lock.json')
  assert.equal(bench.script('new-image', words).exitCode, 0)
  bench.write('package-lock.json', lockfile)
  const other = bench.script('new-image', ['late', '--package', 'bzip2'])
  assert.equal(other.exitCode, 1)
  assert.match(
    other.output,
    /^error: images\/late is there already, otherwise than .*: run 'npm install' to keep it .*, or remove/m,
  )
  const again = bench.script('new-image', words)
  assert.equal(again.exitCode, 0, again.output)
  assert.match(bench.read('package-lock.json'), /"images\/late": \{/)
  const third = bench.script('new-image', words)
  assert.match(third.output, /^error: images\/late is there already$/m)
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
  for (const name of ['scratch', 'parent', 'newroot', 'node_modules', 'zx', 'fs', 'family-golang'])
    refused([name, '--package', 'zip'], new RegExp(`${name} is no name for an image, it is`))
  refused(['a'.repeat(300), '--package', 'zip'], /is no name for an image: .*128 at most/)
  for (const parent of ['builder', 'distro'])
    refused(['zip', '--parent', parent, '--package', 'zip'], /--parent=\w+: a tool of the workshop/)
  for (const word of ['zip;id', '$(id)', '`id`', '-y', 'a&&b', "a'b", 'a|b', '../x', 'a*'])
    refused(['zip', `--package=${word}`], /--package=.*: give the name of a package, as tar/)
  for (const word of [
    '/usr/bin/zip;id',
    '/usr/$(id)',
    "/a'b",
    '/usr/bin/../x',
    '/usr/bin/',
    '/usr/bin/z*',
    '/a\\b',
  ])
    refused(['zip', `--binary=${word}`], /--binary=.*: give the absolute path of a file, as \/usr\/bin\/tar/)
  refused(['zip'], /say what is in it/)
  refused(['zip', '--parent', 'minimal-bas', '--package', 'zip'], /nearest names are minimal-base/)
  assert.equal(existsSync(join(bench.root, 'images/zip')), false)
})
