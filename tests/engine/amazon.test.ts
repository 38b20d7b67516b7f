import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { layoutsOf } from '../../scripts/build/dist.ts'
import { readFiles } from '../../scripts/oci/file-list.ts'
import { assembleLayout, readImage } from '../../scripts/oci/layout.ts'
import { readDistro } from '../../scripts/workspace/distro.ts'
import { findImage, readWorkspace } from '../../scripts/workspace/workspace.ts'
import { startRegistry } from '../registry.ts'
import { Workbench } from '../workbench.ts'

const platform = 'linux/amd64'
const file = 'images/distro/al2023.yaml'
const { release } = readDistro('al2023')
let bench: Workbench
let registry: Awaited<ReturnType<typeof startRegistry>>
let digest: string

/** The standard image stands in for Amazon's, in a real registry: all of the path to it is walked but the network. */
before(async () => {
  bench = new Workbench('amazon')
  registry = await startRegistry()
  const images = readWorkspace()
  const push = (image: string) => {
    const layout = join(bench.root, 'work', `layout-of-${image}`)
    const { digest } = assembleLayout(layoutsOf(images, findImage(images, image), platform), platform, layout)
    registry.push(layout, `amazonlinux/amazonlinux:${release}.0`)
    return digest
  }
  digest = push('eks-distro-base')
  // The tag moves on: setup and builds must go by the digest.
  assert.notEqual(push('minimal-base'), digest)
  bench.write(
    file,
    bench
      .read(file)
      .replace(/reference: .*/, `reference: ${registry.host}/amazonlinux/amazonlinux:${release}.0`)
      .replace(/digest: .*/, `digest: ${digest}`),
  )
})
after(() => {
  registry?.stop()
  bench.remove()
})

/** Setup on a machine where nothing is chosen, and that it edits no file that git tracks. */
function setUp() {
  bench.write('.workshop.json', '{}\n')
  const before = bench.read(file)
  const outcome = bench.script('setup', ['--yes'], { DISTRO: undefined })
  assert.equal(outcome.exitCode, 0, outcome.output)
  assert.equal(bench.read(file), before)
  return outcome.output
}

test('setup chooses the lab where the image is gone, with the reason and the command that moves the pin', () => {
  const gone = bench.read(file).replace(digest, `sha256:${'1'.repeat(64)}`)
  const output = bench.while(file, gone, setUp)
  assert.match(output, /- +al2023 +127\S+ no longer has .*@sha256:1{64}$/m)
  assert.match(output, /^Builds use \w+ and lab: al2023 cannot be had here, so the embedded lab is used\.$/m)
  assert.match(output, /'npm run pin -- al2023 RELEASE' moves the pin/)
})

test('setup chooses al2023 where the registry has its image, whatever its tag names now', () => {
  assert.match(setUp(), /Builds use \w+ and al2023: its image can be had\./)
})

/** What a build against the registry on loopback needs; buildah has to be told that it speaks plain http. */
function amazon() {
  const insecure = join(bench.root, 'work/registries.conf')
  writeFileSync(insecure, `[[registry]]\nlocation = "${registry.host}"\ninsecure = true\n`)
  return { DISTRO: 'al2023', CONTAINERS_REGISTRIES_CONF: insecure }
}

test('the distro is built from the image by its digest, with the release and the repositories pinned', () => {
  const env = amazon()
  const { exitCode, output } = bench.script('build', ['distro'], env)
  assert.equal(exitCode, 0, output)
  const files = readFiles(join(bench.root, 'images/distro/dist/linux_amd64/files.jsonl'))
  const paths = new Set(files.map(({ path }) => path))
  assert.ok(paths.has('/usr/bin/dnf') && paths.has('/etc/yum.repos.d/amazonlinux.repo'))
  const ran = bench.script('run', ['distro', '--', '/usr/bin/cat', '/etc/dnf/vars/releasever'], env)
  assert.equal(ran.stdout.trim(), release)
  assert.equal(
    readImage([join(bench.root, 'images/distro/dist/linux_amd64/oci')], platform).config.config.Cmd?.[0],
    '/bin/bash',
  )
})

test('two distros never leak into one another: each comes back as it was', () => {
  const build = (env: Record<string, string>) => {
    const { exitCode, output } = bench.run(['npx', 'turbo', 'run', 'build', '--filter=distro'], env)
    assert.equal(exitCode, 0, output)
    const list = bench.read('images/distro/dist/linux_amd64/files.jsonl')
    return {
      digest: readImage([join(bench.root, 'images/distro/dist/linux_amd64/oci')], platform).digest,
      list,
      output,
    }
  }
  const [lab, al2023] = [build({ DISTRO: 'lab' }), build(amazon())]
  assert.notEqual(lab.digest, al2023.digest)
  assert.doesNotMatch(lab.list, /amazonlinux\.repo/)
  for (const [env, before] of [[{ DISTRO: 'lab' }, lab] as const, [amazon(), al2023] as const]) {
    const again = build(env)
    assert.match(again.output, /FULL TURBO/)
    assert.deepEqual([again.digest, again.list], [before.digest, before.list])
  }
})
