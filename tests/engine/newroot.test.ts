import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { layoutsOf } from '../../scripts/build/dist.ts'
import { chosenEngine } from '../../scripts/lib/settings.ts'
import { filesList, readFiles } from '../../scripts/oci/file-list.ts'
import type { FileEntry } from '../../scripts/oci/files.ts'
import { readImage } from '../../scripts/oci/layout.ts'
import { outputOf } from '../../scripts/workspace/outputs.ts'
import { findImage, readWorkspace } from '../../scripts/workspace/workspace.ts'
import { Workbench } from '../workbench.ts'

let bench: Workbench
before(() => {
  bench = new Workbench('newroot')
  bench.takeDist('distro', 'builder')
})
after(() => bench.remove())

const origin = `import os
def put(path, text): open(path, 'w').write(text)
os.makedirs('/newroot/usr/bin'); os.makedirs('/newroot/etc/dir/below'); os.makedirs('/newroot/opt/tree/deep')
put('/newroot/usr/bin/kept', 'kept'); put('/newroot/usr/bin/gone', 'gone'); put('/newroot/opt/tree/deep/file', 'x')
put('/newroot/etc/dir/below/file', 'x'); os.symlink('dir', '/newroot/etc/link'); put('/newroot/etc/file', 'x')
`

/** Removes and replaces what the parent has in every way, and adds what engines treat differently. */
const child = `import os, shutil
def put(path, text): open(path, 'w').write(text)
os.remove('/newroot/usr/bin/gone'); shutil.rmtree('/newroot/opt/tree')
shutil.rmtree('/newroot/etc/dir'); os.symlink('elsewhere', '/newroot/etc/dir')
os.remove('/newroot/etc/link'); os.makedirs('/newroot/etc/link'); put('/newroot/etc/link/file', 'y')
os.remove('/newroot/etc/file'); os.makedirs('/newroot/etc/file/below')
os.makedirs('/newroot/var')
for name in (b'caf\\xe9', b'caf\\xe8', 'café'.encode()): put(b'/newroot/var/' + name, name.hex())
put('/newroot/etc/old', 'x'); os.utime('/newroot/etc/old', (-315619200, -315619200))
os.link('/newroot/usr/bin/kept', '/newroot/usr/bin/linked'); put('/newroot/var/a', 'a'); os.link('/newroot/var/a', '/newroot/var/b')
os.mkfifo('/newroot/var/pipe'); os.mknod('/newroot/var/null', 0o666 | 0o020000, os.makedev(1, 3))
`

const run = 'COPY script.py /tmp/\nRUN python3 /tmp/script.py\n'
const recipe = `FROM origin AS parent\nFROM builder AS newroot\nCOPY --from=parent / /newroot/\n${run}RUN touch /newroot/var/a\nFROM parent\nCOPY --from=newroot /newroot/ /\n`

interface Made {
  readonly digest: string
  readonly env: readonly string[]
  readonly files: readonly FileEntry[]
}

function build(engine: string): Made {
  const chosen = { ENGINE: engine }
  const steps = [
    // Turbo may know it: other tests build on both engines, too.
    () => bench.run(['npx', 'turbo', 'run', 'build', '--filter=builder'], chosen),
    ...['origin', 'child'].map(name => () => bench.script('build', [name], chosen)),
  ]
  for (const step of steps) {
    const { exitCode, output } = step()
    assert.equal(exitCode, 0, output)
  }
  const images = readWorkspace(join(bench.root, 'images'))
  const child = findImage(images, 'child')
  const layouts = layoutsOf(images, child, 'linux/amd64', 'any')
  const { digest, config } = readImage(layouts, 'linux/amd64')
  const env = config.config.Env ?? []
  return { digest, env, files: readFiles(filesList(outputOf(child.dir, 'linux/amd64'))) }
}

let made: Made
test('an image is what newroot is: what it lacks of its parent is gone, what was replaced is what it is now', () => {
  const devDependencies = { builder: '*' }
  bench.addImage(
    'origin',
    { devDependencies },
    `FROM builder AS newroot\n${run}FROM scratch\nCOPY --from=newroot /newroot/ /\nENV FROM_PARENT=yes\n`,
    origin,
  )
  bench.addImage('child', { dependencies: { origin: '*' }, devDependencies }, recipe, child)
  made = build(chosenEngine())
  const at = (path: string) => made.files.find(entry => entry.path === path)
  for (const path of ['/usr/bin/gone', '/opt/tree', '/opt/tree/deep/file', '/etc/dir/below'])
    assert.equal(at(path), undefined, path)
  assert.equal(at('/etc/dir')?.type, 'symlink')
  assert.equal(at('/etc/link')?.type, 'dir')
  assert.equal(at('/etc/link/file')?.type, 'file')
  assert.equal(at('/etc/file/below')?.type, 'dir')
  assert.equal(at('/var/null')?.device, '1:3')
  const names = made.files.map(({ path }) => path).filter(path => path.startsWith('/var/caf'))
  assert.deepEqual(names, ['/var/café', '/var/caf\udce8', '/var/caf\udce9'])
  assert.ok(made.env.includes('FROM_PARENT=yes'))
  // No package says that these are one file.
  assert.deepEqual([at('/usr/bin/linked')?.type, at('/var/b')?.type], ['file', 'file'])
})

test('the other engine makes the same digest of it', () => {
  const other = build(chosenEngine() === 'buildkit' ? 'buildah' : 'buildkit')
  assert.deepEqual(other.files, made.files)
  assert.equal(other.digest, made.digest)
})
