import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { readFiles } from '../../scripts/oci/file-list.ts'
import { Workbench } from '../workbench.ts'

let bench: Workbench
before(() => {
  bench = new Workbench('copy')
  bench.takeDist('distro', 'builder')
})
after(() => bench.remove())

/** cap_net_bind_service=ep, as the kernel keeps it (revision 2). */
const capability = Buffer.from('0100000200040000000000000000000000000000', 'hex')

const make = `import os
os.makedirs('/newroot/usr/bin'); os.makedirs('/newroot/var/spool/box')
def put(path, mode, uid=0, gid=0):
    open(path, 'w').write(path); os.chown(path, uid, gid); os.chmod(path, mode)
put('/newroot/usr/bin/setuid', 0o4755)
put('/newroot/usr/bin/setgid', 0o2755, 0, 5)
put('/newroot/usr/bin/first', 0o755, 7, 8); os.link('/newroot/usr/bin/first', '/newroot/usr/bin/second')
put('/newroot/usr/bin/capable', 0o755)
os.setxattr('/newroot/usr/bin/capable', 'security.capability', bytes.fromhex('${capability.toString('hex')}'))
os.symlink('first', '/newroot/usr/bin/link')
os.chown('/newroot/var/spool/box', 65532, 65534); os.chmod('/newroot/var/spool/box', 0o3770)
`

/** Fails the build where a COPY lost something. */
const prove = `import os
def same(path, mode, uid, gid):
    found = os.lstat(path)
    assert (oct(found.st_mode & 0o7777), found.st_uid, found.st_gid) == (oct(mode), uid, gid), (path, found)
same('/newroot/usr/bin/setuid', 0o4755, 0, 0)
same('/newroot/usr/bin/setgid', 0o2755, 0, 5)
same('/newroot/usr/bin/first', 0o755, 7, 8)
same('/newroot/usr/bin/second', 0o755, 7, 8)
assert os.getxattr('/newroot/usr/bin/capable', 'security.capability') == bytes.fromhex('${capability.toString('hex')}')
assert os.readlink('/newroot/usr/bin/link') == 'first'
same('/newroot/var/spool/box', 0o3770, 65532, 65534)
open('/newroot/usr/bin/own', 'w').write('own')
`

function build(name: string): void {
  const { exitCode, output } = bench.script('build', [name])
  assert.equal(exitCode, 0, output)
}

test('modes, owners, links and capabilities survive every COPY, and the child repeats nothing', () => {
  bench.addImage(
    'origin',
    { devDependencies: { builder: '*' } },
    'FROM builder AS newroot\nCOPY script.py /tmp/\nRUN python3 /tmp/script.py\nFROM scratch\nCOPY --from=newroot /newroot/ /\n',
    make,
  )
  build('origin')
  bench.addImage(
    'child',
    { dependencies: { origin: '*' }, devDependencies: { builder: '*' } },
    'FROM origin AS parent\nFROM builder AS newroot\nCOPY --from=parent / /newroot/\nCOPY script.py /tmp/\n' +
      'RUN python3 /tmp/script.py\nFROM parent\nCOPY --from=newroot /newroot/ /\n',
    prove,
  )
  build('child')
  const files = (name: string) => readFiles(join(bench.root, 'images', name, 'dist/linux_amd64/files.jsonl'))
  const origin = files('origin')
  assert.deepEqual(
    files('child').filter(({ path }) => path !== '/usr/bin/own'),
    origin,
  )
  const at = (path: string) => origin.find(entry => entry.path === path)
  assert.deepEqual(at('/usr/bin/capable')?.xattrs, { 'security.capability': capability.toString('base64') })
  assert.equal(at('/usr/bin/second')?.sha256, at('/usr/bin/first')?.sha256)
  assert.equal(at('/usr/bin/setuid')?.mode, 0o4755)

  const child = bench.image('child')
  assert.equal(child.manifest.layers.length, 2)
  assert.ok(
    child.manifest.layers[1]!.size < 200,
    `the child's layer has ${child.manifest.layers[1]!.size} bytes`,
  )
})

test('a Dockerfile that does not end in its parent is refused', () => {
  bench.write('images/child/Dockerfile', 'FROM builder\n')
  const { exitCode, output } = bench.script('build', ['child'])
  assert.equal(exitCode, 1)
  assert.match(output, /error: images\/child\/Dockerfile does not end in a stage FROM origin/)
})
