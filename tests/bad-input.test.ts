import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { emulatorOf } from '../scripts/build/emulation.ts'
import { foreignPlatform } from '../scripts/lib/settings.ts'
import { type Outcome, Workbench } from './workbench.ts'

let bench: Workbench
before(() => {
  bench = new Workbench('bad-input')
})
after(() => bench.remove())

/** One message, no stack, exit code 1. */
function assertError({ exitCode, output }: Outcome, message: RegExp): void {
  assert.match(output, message)
  assert.doesNotMatch(output, /^\s+at .*\.ts:\d+/m)
  assert.equal(exitCode, 1, output)
}

const build = (image: string, env = {}) => bench.script('build', [image], env)

test('an unknown image is answered with the nearest names', () => {
  assertError(
    build('minimal-base-glib'),
    /error: there is no image minimal-base-glib: the nearest names are minimal-base-glibc/,
  )
})

test('an unknown distro, engine or platform is answered with the known ones', () => {
  assertError(
    build('minimal-base', { DISTRO: 'al2024' }),
    /DISTRO=al2024: use al2023 or al2 or lab \(did you mean al2023\?\)/,
  )
  assertError(build('minimal-base', { ENGINE: 'podman' }), /ENGINE=podman: use buildkit or buildah/)
  assertError(
    build('minimal-base', { PLATFORMS: 'linux/amd64,linux/arm' }),
    /PLATFORMS=linux\/arm: use linux\/amd64 or linux\/arm64/,
  )
  assertError(bench.script('setup', ['--distro', 'fedora']), /--distro=fedora: use al2023 or al2 or lab/)
})

test('a platform that this machine cannot run is said to need an emulator', () => {
  if (emulatorOf(foreignPlatform))
    return assert.equal(build('minimal-base', { PLATFORMS: foreignPlatform }).exitCode, 1)
  assertError(
    build('minimal-base', { PLATFORMS: foreignPlatform }),
    /cannot run programs of linux\/\w+: install qemu-user-static/,
  )
})

test('without an engine the error says how to get one', () => {
  const empty = mkdtempSync(join(tmpdir(), 'path-'))
  const env = { PATH: empty, DOCKER_HOST: `unix://${empty}/none.sock` }
  assertError(
    build('minimal-base', { ...env, ENGINE: 'buildah' }),
    /the program buildah is not here: run 'npm run setup'/,
  )
  assertError(
    build('minimal-base', { ...env, ENGINE: 'buildkit' }),
    /the program docker is not here: run 'npm run setup'/,
  )
  const none = bench.while('.workshop.json', '{"distro":"lab"}\n', () =>
    build('minimal-base', { ENGINE: undefined }),
  )
  assertError(none, /no engine is chosen: run 'npm run setup'/)
})

test('an engine that is too old is refused by its version', () => {
  const bin = mkdtempSync(join(tmpdir(), 'old-'))
  // Stands in for a version that no archive has any more; it only says what the real one would say of itself.
  writeFileSync(
    join(bin, 'buildah'),
    '#!/bin/sh\necho "buildah version 1.23.1 (image-spec 1.0.1, runtime-spec 1.0.2-dev)"\n',
  )
  chmodSync(join(bin, 'buildah'), 0o755)
  const env = { PATH: `${bin}:${process.env.PATH}`, ENGINE: 'buildah' }
  assertError(build('minimal-base', env), /buildah is version 1.23.1; 1.28 or newer is needed/)
})

test('a distro that cannot be reached is named, with what to do', () => {
  const pinned = bench.read('images/distro/al2023.yaml')
  assertError(
    bench.while('images/distro/al2023.yaml', pinned.replace(/digest:.*/, 'digest:'), () =>
      build('distro', { DISTRO: 'al2023' }),
    ),
    /al2023.yaml: image.digest is ""; use sha256: and 64 hexadecimal digits/,
  )
  const nowhere = pinned
    .replace(/reference: .*:/, 'reference: 127.0.0.1:1/amazonlinux:')
    .replace(/digest:.*/, `digest: sha256:${'0'.repeat(64)}`)
  const outcome = bench.while('images/distro/al2023.yaml', nowhere, () =>
    build('distro', { DISTRO: 'al2023' }),
  )
  assertError(outcome, /building distro for linux\/amd64 failed with exit code \d+:[\s\S]*127\.0\.0\.1:1/)
})

test('a parent that is not there, a parent that is not built and a cycle are three errors', () => {
  const manifest = (parent: string) =>
    JSON.stringify({ name: 'minimal-base-glibc', dependencies: { [parent]: '*' } })
  const file = 'images/minimal-base-glibc/package.json'
  assertError(
    bench.while(file, manifest('minimal-bas'), () => build('minimal-base')),
    /names minimal-bas, which is not an image: did you mean minimal-base/,
  )
  assertError(
    bench.while(file, manifest('minimal-base-glibc'), () => build('minimal-base')),
    /minimal-base-glibc → minimal-base-glibc are made on each other/,
  )
  assertError(
    build('minimal-base-nonroot'),
    /images\/minimal-base\/dist\/linux_\w+\/seal.json is missing: build the image first/,
  )
})

test('a wrong option or none of the needed words shows the way', () => {
  assertError(bench.script('build', ['--dryrun']), /--dryrun is no option: did you mean --dry-run\?/)
  assertError(bench.script('build'), /name an image, or run this in an image's folder; there are builder, /)
  assertError(bench.script('run', ['minimal-base']), /name an image and a command/)
})

test('a data file with a typing error is not silence', () => {
  const typo = bench.read('images/distro/lab.yaml').replace('network:', 'netwrk:')
  assertError(
    bench.while('images/distro/lab.yaml', typo, () => build('distro')),
    /unknown key "netwrk"/,
  )
})

test('a dry run prints the commands, as the shell would take them, and makes nothing', () => {
  const { exitCode, output } = bench.script('build', ['minimal-base', '--dry-run'], { ENGINE: 'buildkit' })
  assert.equal(exitCode, 0, output)
  assert.match(output, /docker buildx build .*--network=none .*--build-context=builder=oci-layout:\/\//)
})
