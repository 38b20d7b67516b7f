import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { layoutsOf } from '../scripts/build/dist.ts'
import { inRepo } from '../scripts/lib/paths.ts'
import { assembleLayout } from '../scripts/oci/layout.ts'
import { findImage, readWorkspace } from '../scripts/workspace/workspace.ts'
import { startRegistry } from './registry.ts'
import { type Outcome, Workbench } from './workbench.ts'

const images = readWorkspace()
const list = 'packages-lists/lab/linux_amd64/minimal-base-glibc'
let bench: Workbench
before(() => {
  bench = new Workbench('packages')
})
after(() => bench.remove())

const exportPackages = (...args: string[]) => bench.script('export-packages', args)

/** One message, no stack, exit code 1. */
function assertError({ exitCode, output }: Outcome, ...messages: RegExp[]): void {
  for (const message of messages) assert.match(output, message)
  assert.doesNotMatch(output, /^\s+at .*\.ts:\d+/m)
  assert.equal(exitCode, 1, output)
}

describe('the lists that are checked in', () => {
  test('are what turbo exports, and stay what they are', () => {
    const { exitCode, output } = bench.run(['npx', 'turbo', 'run', 'export-packages'])
    assert.equal(exitCode, 0, output)
    const published = [...images.values()].filter(({ internal }) => !internal)
    assert.match(output, new RegExp(`${published.length} package lists, 0 of them written`))
    for (const { name } of published) {
      const file = `packages-lists/lab/linux_amd64/${name}`
      assert.equal(bench.read(file), readFileSync(inRepo(file), 'utf8'), file)
    }
  })

  test('a line too few is told with image, platform, package and who needs it; exporting puts it back', () => {
    const whole = bench.read(list)
    const [line] = /^pcre2-.*\n/m.exec(whole)!
    bench.write(list, whole.replace(line, ''))
    assertError(
      exportPackages('--check'),
      /^minimal-base-glibc linux\/amd64:\n {2}added +pcre2 \S+: needed by /m,
      /^error: 1 package lists are not as their images; if the change is wanted, run/m,
    )
    const again = bench.run(['npx', 'turbo', 'run', 'export-packages'])
    assert.match(again.output, /1 of them written/)
    assert.equal(bench.read(list), whole)
  })

  test('an upgrade reads as one, an order of its own is wrong too', () => {
    const whole = bench.read(list)
    const edited = whole.replace(/^(glibc)-2\.\d+/m, '$1-1.0').replace(/^pcre-.*\n/m, '')
    bench.while(list, `${edited}zz-1-1.noarch\n`, () =>
      assertError(
        exportPackages('minimal-base-glibc', '--check'),
        /^ {2}upgraded +glibc 1\.0\S+ → 2\.\d+\S+$/m,
        /^ {2}added +pcre \d/m,
        /^ {2}removed +zz 1-1$/m,
      ),
    )
    const backwards = whole.trim().split('\n').reverse().join('\n')
    bench.while(list, `${backwards}\n`, () =>
      assertError(exportPackages('minimal-base-glibc', '--check'), /its list is not sorted/),
    )
  })

  test('the list of an image that is no more is an error, and exporting removes it', () => {
    const stale = 'packages-lists/lab/linux_amd64/minimal-base-gone'
    bench.write(stale, 'a-1-1.noarch\n')
    assertError(exportPackages('--check'), /minimal-base-gone: there is no such image any more/)
    assert.match(exportPackages().output, /removed .*minimal-base-gone/)
    assert.ok(!existsSync(join(bench.root, stale)))
  })

  test('a tool of the workshop, or no image at all, has none', () => {
    assertError(
      exportPackages('builder'),
      /builder is a tool of the workshop, which is not published: nothing is kept/,
    )
    assertError(exportPackages('minimal-base-glib'), /the nearest names are minimal-base-glibc/)
  })
})

describe('an image in a registry', () => {
  let registry: Awaited<ReturnType<typeof startRegistry>>
  let reference: string
  const print = (of: string, env = {}) => bench.script('export-packages', ['--reference', of], env)

  before(async () => {
    registry = await startRegistry()
    const layout = join(bench.root, 'work/layout')
    assembleLayout(
      layoutsOf(images, findImage(images, 'minimal-base-glibc'), 'linux/amd64'),
      'linux/amd64',
      layout,
    )
    registry.push(layout, 'eks-distro/minimal-base-glibc:latest')
    reference = `${registry.host}/eks-distro/minimal-base-glibc:latest`
  })
  after(() => registry?.stop())

  test('has the list of the image that was pushed, by tag and by digest', async () => {
    const whole = readFileSync(inRepo(list), 'utf8')
    const byTag = print(reference)
    assert.equal(byTag.stdout, whole, byTag.output)
    const url = `http://${registry.host}/v2/eks-distro/minimal-base-glibc/manifests/latest`
    const accept = 'application/vnd.oci.image.manifest.v1+json'
    const digest = (await fetch(url, { headers: { accept } })).headers.get('docker-content-digest')
    assert.equal(print(reference.replace(/:latest$/, `@${digest}`)).stdout, whole)
  })

  test('does not differ from the one that was pushed', () => {
    const { exitCode, output } = bench.script('diff', [reference, 'minimal-base-glibc'])
    assert.equal(exitCode, 0, output)
  })

  test('that is not there, or cannot be asked for, is an error of one line', () => {
    assertError(
      print(`${registry.host}/eks-distro/minimal-base-glibc:none`),
      /has no .*glibc, or no none of it/,
    )
    assertError(print('127.0.0.1:1/x:tag'), /127\.0\.0\.1:1 does not answer: /)
    assertError(print('minimal-base-glibc'), /is no image reference: write it as HOST\/REPOSITORY:TAG/)
  })

  test('with bytes that are not those of its digest is refused', () => {
    const blobs = join(registry.folder, 'data/docker/registry/v2/blobs/sha256')
    for (const digest of readdirSync(blobs).flatMap(two => readdirSync(join(blobs, two)))) {
      const file = join(blobs, digest.slice(0, 2), digest, 'data')
      const bytes = readFileSync(file)
      if (bytes[0] !== 0x1f) continue
      bytes[bytes.length - 1]! ^= 1
      rmSync(file)
      writeFileSync(file, bytes)
    }
    assertError(print(reference), /the registry sent \d+ bytes with the sha256 [\da-f]+ as sha256:[\da-f]+/)
  })
})

test('a shell that nobody asked for fails the list and the tests, with what brought it', () => {
  const file = 'images/minimal-base-glibc/Dockerfile'
  const recipe = bench.read(file).replace(/install_rpm /, 'install_rpm bash ')
  bench.while(file, recipe, () => {
    assertError(
      exportPackages('minimal-base-glibc', '--check'),
      /^minimal-base-glibc linux\/amd64:\n( {2}added .*\n)* {2}added +bash \S+: needed by /m,
    )
    const env = { NODE_TEST_CONTEXT: undefined }
    const { exitCode, output } = bench.script('test', ['minimal-base-glibc'], env)
    assert.match(output, /\/usr\/bin\/bash is a shell: of bash, needed by /)
    assert.equal(exitCode, 1, output)
  })
})

test('a build that exceeds its budget fails, and names what grew', () => {
  bench.takeDist('distro', 'builder', 'minimal-base', 'minimal-base-glibc')
  const file = 'images/minimal-base-glibc/package.json'
  const manifest = JSON.parse(bench.read(file)) as object
  const poor = { ...manifest, image: { budget: { packages: 9 } } }
  // Then it is the parent that the image is compared with.
  rmSync(join(bench.root, list))
  bench.while(file, JSON.stringify(poor), () =>
    assertError(
      bench.script('build', ['minimal-base-glibc']),
      /minimal-base-glibc for linux\/amd64 has \d+ packages, \d+ more than its budget of 9; against minimal-base it has glibc-2\.\S+ \([\d.]+ MiB\), /,
    ),
  )
})
