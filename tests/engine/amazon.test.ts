import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { layoutsOf } from '../../scripts/build/dist.ts'
import { readFiles } from '../../scripts/oci/file-list.ts'
import { assembleLayout, readImage } from '../../scripts/oci/layout.ts'
import { remoteDigest } from '../../scripts/setup/registry.ts'
import { findImage, readWorkspace } from '../../scripts/workspace/workspace.ts'
import { startRegistry } from '../registry.ts'
import { Workbench } from '../workbench.ts'

const platform = 'linux/amd64'
let bench: Workbench
let registry: Awaited<ReturnType<typeof startRegistry>>
let digest: string

/** The standard image stands in for Amazon's, in a real registry: all of the path to it is walked but the network. */
before(async () => {
  bench = new Workbench('amazon')
  registry = await startRegistry()
  const images = readWorkspace()
  const layout = join(bench.root, 'work/layout')
  digest = assembleLayout(layoutsOf(images, findImage(images, 'eks-distro-base')), platform, layout).digest
  registry.push(layout, 'amazonlinux/amazonlinux:2023.1')
  const file = 'images/distro/al2023.yaml'
  bench.write(
    file,
    bench.read(file).replace(/reference: .*/, `reference: ${registry.host}/amazonlinux/amazonlinux:2023.1`),
  )
})
after(() => {
  registry?.stop()
  bench.remove()
})

test('a registry says the digest of a tag; a wrong tag is an error, silence is not', async () => {
  assert.deepEqual(await remoteDigest(`${registry.host}/amazonlinux/amazonlinux:2023.1`), { digest })
  await assert.rejects(
    remoteDigest(`${registry.host}/amazonlinux/amazonlinux:2023.2`),
    /has no .*amazonlinux, or no 2023\.2 of it: check the tag/,
  )
  const silent = await remoteDigest('127.0.0.1:1/amazonlinux/amazonlinux:2023.1')
  assert.deepEqual(silent, { why: '127.0.0.1:1 does not answer: connect ECONNREFUSED 127.0.0.1:1' })
  await assert.rejects(remoteDigest('amazonlinux'), /is no image reference: write it as HOST\/REPOSITORY:TAG/)
})

test('setup records the digest when the registry first answers, chooses al2023, and keeps the comments', () => {
  bench.write('.workshop.json', '{}\n')
  const { exitCode, output } = bench.script('setup', ['--yes'], { DISTRO: undefined })
  assert.equal(exitCode, 0, output)
  assert.match(output, /Builds use \w+ and al2023: its image can be reached\./)
  const recorded = bench.read('images/distro/al2023.yaml')
  assert.match(recorded, new RegExp(`^ {2}digest: ${digest}$`, 'm'))
  assert.match(recorded, /^# Amazon Linux 2023\. A release is immutable/)
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
  assert.match(ran.output, /^2023\.12\.20260803/)
  assert.equal(
    readImage([join(bench.root, 'images/distro/dist/oci')], platform).config.config.Cmd?.[0],
    '/bin/bash',
  )
})

test('a tag that has moved since it was pinned is an error', () => {
  const file = 'images/distro/al2023.yaml'
  const moved = bench.read(file).replace(digest, `sha256:${'1'.repeat(64)}`)
  const { exitCode, output } = bench.while(file, moved, () =>
    bench.script('setup', ['--yes'], { DISTRO: 'al2023' }),
  )
  assert.equal(exitCode, 1)
  assert.match(output, /a release tag must not move/)
})

test('two distros never leak into one another: each comes back as it was', () => {
  const build = (env: Record<string, string>) => {
    const { exitCode, output } = bench.run(['npx', 'turbo', 'run', 'build', '--filter=distro'], env)
    assert.equal(exitCode, 0, output)
    const list = bench.read('images/distro/dist/linux_amd64/files.jsonl')
    return { digest: readImage([join(bench.root, 'images/distro/dist/oci')], platform).digest, list, output }
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
