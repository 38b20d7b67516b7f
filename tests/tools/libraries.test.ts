import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { readLdCache } from '../../scripts/image/ld-cache.ts'
import { missingLibraries } from '../../scripts/image/libraries.ts'
import { directoryOf, imageOfDirectory } from '../../scripts/testing/checks/directory-image.ts'

/**
 * Roots with this machine's loader and libc, and with libraries that are made here. Where the loader can be asked
 * (`chroot ROOT /bin/program`), it has to agree.
 */
const made = directoryOf({
  'b.c': 'int b(void) { return 7; }',
  'a.c': 'int b(void); int a(void) { return b(); }',
})
const gcc = (...args: string[]) => execFileSync('gcc', args, { cwd: made })
gcc('-shared', '-fPIC', '-Wl,-soname,libb.so.1', '-o', 'libb.so.1', 'b.c')
gcc('-shared', '-fPIC', '-Wl,-soname,liba.so.1', '-o', 'liba.so.1', 'a.c', './libb.so.1')
writeFileSync(join(made, 'main.c'), 'int a(void); int main(void) { return a() - 7; }')

const loader = execFileSync('readelf', ['-l', '/bin/ls'], { encoding: 'utf8' }).match(
  /interpreter: (.*)\]/,
)![1]!
const libc = execFileSync('gcc', ['-print-file-name=libc.so.6'], { encoding: 'utf8' }).trim()
const multiarch = dirname(realpathSync(libc)).replace(/^\/usr/, '')

describe('libraries are found as the loader finds them', () => {
  test('in a default directory', () => agree({ [`usr${multiarch}`]: ['liba.so.1', 'libb.so.1'] }))
  test('below $ORIGIN by RPATH, also for libraries of libraries', () =>
    agree({ 'opt/lib': ['liba.so.1', 'libb.so.1'] }, '-Wl,--disable-new-dtags,-rpath,$ORIGIN/../opt/lib'))
  test('not by the RUNPATH of the program alone', () =>
    agree({ 'opt/lib': ['liba.so.1', 'libb.so.1'] }, '-Wl,--enable-new-dtags,-rpath,/opt/lib', [
      { file: '/opt/lib/liba.so.1', library: 'libb.so.1' },
    ]))
  test('what is loaded already serves all: the program names both', () =>
    agree(
      { 'opt/lib': ['liba.so.1', 'libb.so.1'] },
      '-Wl,--no-as-needed,--enable-new-dtags,-rpath,/opt/lib ./libb.so.1',
    ))
  test('not in a private directory', () =>
    agree({ [`usr${multiarch}`]: ['liba.so.1'], 'usr/lib/private': ['libb.so.1'] }, '', [
      { file: `/usr${multiarch}/liba.so.1`, library: 'libb.so.1' },
    ]))
  test('not in a directory of ld.so.conf that the cache does not know', () =>
    agree({ 'opt/lib': ['liba.so.1', 'libb.so.1'], 'etc/ld.so.conf': '/opt/lib\n' }, '', [
      { file: '/bin/program', library: 'liba.so.1' },
      { file: '/opt/lib/liba.so.1', library: 'libb.so.1' },
    ]))
  test('in a directory of ld.so.conf by the cache', () =>
    agree({ 'opt/lib': ['liba.so.1', 'libb.so.1'], 'etc/ld.so.conf': '/opt/lib\n', cache: '' }))
})

describe('what is reported', () => {
  test('a plugin without execute bit, a text file not', () => {
    const root = rootWith({ 'usr/lib/gconv': ['liba.so.1'] }, '')
    rmSync(join(root, 'bin/program'))
    chmodSync(join(root, 'usr/lib/gconv/liba.so.1'), 0o644)
    const missing = [{ file: '/usr/lib/gconv/liba.so.1', library: 'libb.so.1' }]
    assert.deepEqual(missingLibraries(imageOfDirectory(root)), missing)
  })
  test('a Python module that needs what its package does not have', () => {
    const modules = '/usr/lib/python3.11/site-packages/one'
    const module = `${modules}/test/liba.so.1`
    for (const [place, missing] of [
      [modules, []],
      [`${modules}/test`, []],
      [`${modules}/../other`, ['libb.so.1']],
      [`${modules}/../../lib-dynload`, ['libb.so.1']],
    ] as const) {
      const root = rootWith(
        { [dirname(module).slice(1)]: ['liba.so.1'], [place.slice(1)]: ['libb.so.1'] },
        '',
      )
      const found = missingLibraries(imageOfDirectory(root)).filter(({ file }) => file === module)
      assert.deepEqual(
        found.map(({ library }) => library),
        missing,
        place,
      )
    }
  })
  test('a missing interpreter', () => {
    const root = rootWith({ [`usr${multiarch}`]: ['liba.so.1', 'libb.so.1'] }, '')
    rmSync(join(root, loader))
    assert.deepEqual(
      missingLibraries(imageOfDirectory(root)).filter(({ file }) => file === '/bin/program'),
      [{ file: '/bin/program', library: loader }],
    )
  })
  test('a library of another machine', () => {
    const root = rootWith({ [`usr${multiarch}`]: ['liba.so.1', 'libb.so.1'] }, '')
    const path = join(root, `usr${multiarch}/libb.so.1`)
    const other = readFileSync(path)
    other.writeUInt16LE(8, 18)
    writeFileSync(path, other)
    const missing = missingLibraries(imageOfDirectory(root)).map(({ file, library }) => `${file} ${library}`)
    assert.ok(missing.includes(`/usr${multiarch}/liba.so.1 libb.so.1`), missing.join())
  })
  test('a malformed file by its path', () => {
    const image = imageOfDirectory(directoryOf({ 'usr/lib64/libx.so': Buffer.from('\x7fELF\x02\x01cut') }))
    assert.throws(() => missingLibraries(image), {
      name: 'UserError',
      message: /^\/usr\/lib64\/libx\.so: malformed/,
    })
  })
})

test("this machine's linker cache says what ldconfig prints", () => {
  const printed = execFileSync('/sbin/ldconfig', ['-p'], { encoding: 'utf8' }).trim().split('\n').slice(1)
  const lines = printed.filter(line => line.includes('=>'))
  const cache = readLdCache(readFileSync('/etc/ld.so.cache'))
  assert.equal([...cache.values()].flat().length, lines.length)
  for (const line of lines) {
    const [, name, path] = line.match(/^\t(\S+) .*=> (.*)$/)!
    assert.ok(cache.get(name!)?.includes(path!), line)
  }
})

test('a damaged linker cache is an error of words', () => {
  const cache = readFileSync('/etc/ld.so.cache')
  assert.throws(() => readLdCache(cache.subarray(0, cache.length >> 1)), { name: 'UserError' })
  assert.throws(() => readLdCache(Buffer.from('glibc-ld.so.cache1.1')), { name: 'UserError' })
  assert.throws(() => readLdCache(Buffer.from('x')), { name: 'UserError' })
})

type Layout = Record<string, string[] | string>

function agree(layout: Layout, options = '', expected: { file: string; library: string }[] = []): void {
  const root = rootWith(layout, options)
  assert.deepEqual(missingLibraries(imageOfDirectory(root)), expected)
  const real = asRealLoader(root)
  if (real !== undefined) assert.equal(real, expected.length === 0, 'the real loader says otherwise')
}

/** Whether the program starts; undefined where we may not chroot. */
function asRealLoader(root: string): boolean | undefined {
  if (process.getuid?.() !== 0) return undefined
  try {
    // Without /proc the loader cannot know where the program lies.
    execFileSync('chroot', [root, '/bin/program'], {
      stdio: 'pipe',
      env: { ...process.env, LD_ORIGIN_PATH: '/bin' },
    })
    return true
  } catch {
    return false
  }
}

function rootWith({ cache, ...layout }: Layout, options: string): string {
  const root = directoryOf({ 'bin/x': '' })
  for (const path of ['lib', 'lib64']) symlinkSync(`usr/${path}`, join(root, path))
  mkdirSync(join(root, `usr${multiarch}`), { recursive: true })
  mkdirSync(join(root, 'usr/lib64'), { recursive: true })
  copyFileSync(realpathSync(libc), join(root, multiarch, 'libc.so.6'))
  cpSync(realpathSync(loader), join(root, loader))
  const link = ['-Wl,-rpath-link,.', ...options.split(' ').filter(Boolean)]
  gcc('-o', join(root, 'bin/program'), 'main.c', './liba.so.1', ...link)
  for (const [path, content] of Object.entries(layout)) {
    mkdirSync(join(root, typeof content === 'string' ? dirname(path) : path), { recursive: true })
    if (typeof content === 'string') writeFileSync(join(root, path), content)
    else for (const name of content) copyFileSync(join(made, name), join(root, path, name))
  }
  if (cache !== undefined) execFileSync('/sbin/ldconfig', ['-r', root])
  return root
}
