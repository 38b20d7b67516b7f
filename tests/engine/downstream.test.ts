import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { layoutsOf } from '../../scripts/build/dist.ts'
import { program as buildahProgram } from '../../scripts/build/engines/buildah.ts'
import { docker } from '../../scripts/build/engines/buildkit.ts'
import { inRepo } from '../../scripts/lib/paths.ts'
import { type Command, capture } from '../../scripts/lib/run.ts'
import { chosenEngine } from '../../scripts/lib/settings.ts'
import { assembleLayout, readImage } from '../../scripts/oci/layout.ts'
import { findImage, readWorkspace } from '../../scripts/workspace/workspace.ts'
import { startRegistry } from '../registry.ts'
import { Workbench } from '../workbench.ts'

const base = 'eks-distro-build-tooling/eks-distro-minimal-base-glibc'
let bench: Workbench
let registry: Awaited<ReturnType<typeof startRegistry>>

/** Publishes minimal-base-glibc and its builder to a registry on loopback, where others find them. */
before(async () => {
  bench = new Workbench('downstream')
  registry = await startRegistry()
  bench.takeDist('distro', 'builder', 'minimal-base', 'minimal-base-glibc')
  const made = bench.script('builder-image', ['minimal-base-glibc'])
  assert.equal(made.exitCode, 0, made.output)
  const images = readWorkspace(join(bench.root, 'images'))
  const glibc = layoutsOf(images, findImage(images, 'minimal-base-glibc'), 'linux/amd64')
  const builder = [
    join(bench.root, 'work/builder-images/minimal-base-glibc/dist/linux_amd64/oci'),
    ...layoutsOf(images, findImage(images, 'builder'), 'linux/amd64'),
  ]
  for (const [name, layouts] of [
    ['', glibc],
    ['-builder', builder],
  ] as const) {
    const layout = join(bench.root, `work/published${name}`)
    assembleLayout(layouts, 'linux/amd64', layout)
    registry.push(layout, `${base}${name}:latest`)
  }
})
after(() => {
  registry?.stop()
  bench.remove()
})

/** What somebody else types, with their own Dockerfile, in their own folder; then a command in what came out. */
async function buildAndRun(name: string, dockerfile: string, ...argv: string[]): Promise<string> {
  bench.write(`${name}/Dockerfile`, dockerfile)
  const folder = join(bench.root, name)
  const tag = `localhost/downstream-${name}:test`
  const args = [
    `--build-arg=BASE_IMAGE=${registry.host}/${base}:latest`,
    `--build-arg=BUILDER_IMAGE=${registry.host}/${base}-builder:latest`,
    '--network=host',
    `--tag=${tag}`,
    '--target=tar',
    folder,
  ]
  if (chosenEngine() === 'buildkit') {
    await succeed(docker('build', ...args))
    try {
      return await succeed(docker('run', '--rm', '--network=none', tag, ...argv))
    } finally {
      await succeed(docker('rmi', '--force', tag))
    }
  }
  const buildah = (...words: string[]): Command => ({ argv: [...buildahProgram, ...words] })
  const oci = ['--isolation=oci', '--runtime=runc']
  await succeed(buildah('build', '--tls-verify=false', ...oci, ...args))
  const container = await succeed(buildah('from', tag))
  try {
    return await succeed(buildah('run', ...oci, '--network=none', container, '--', ...argv))
  } finally {
    await succeed(buildah('rm', container))
    await succeed(buildah('rmi', '--force', tag))
  }
}

async function succeed(command: Command): Promise<string> {
  const { exitCode, stdout, stderr } = await capture(command)
  assert.equal(exitCode, 0, `${command.argv.join(' ')}\n${stdout}\n${stderr}`)
  return stdout.trim()
}

/** The lines of the request, word for word, as the README has them. */
const fromPackages = /```dockerfile\n(ARG BASE_IMAGE\n[\s\S]*?)```/.exec(
  readFileSync(inRepo('README.md'), 'utf8'),
)![1]!

test('the Dockerfile of the request works against the published images', async () => {
  assert.match(await buildAndRun('packages', fromPackages, '/usr/bin/tar', '--version'), /^tar \(GNU tar\)/)
})

test('so does one that takes a single file', async () => {
  const fromBinary = fromPackages.replace(/clean_install[\s\S]*?"bash info"/, 'install_binary /usr/bin/tar')
  assert.match(await buildAndRun('binary', fromBinary, '/usr/bin/tar', '--version'), /^tar \(GNU tar\)/)
})

test('what Dockerfiles elsewhere look into packages with is there', async () => {
  const recipe = `ARG BASE_IMAGE
ARG BUILDER_IMAGE
FROM \${BUILDER_IMAGE} AS builder
WORKDIR /tmp/looked
RUN yumdownloader --assumeyes tar && rpm2cpio tar-*.rpm | cpio -id && objdump -f usr/bin/tar > said
FROM \${BASE_IMAGE} AS tar
COPY --from=builder /tmp/looked/said /said
`
  const said = await buildAndRun('looked', recipe, '/usr/bin/iconv', '-f', 'utf-8', '-t', 'utf-8', '/said')
  assert.match(said, /file format elf64-x86-64/)
})

test('a builder hands on what its image, and what that is made on, says of packages', () => {
  const child = (parent: string, environment: string) =>
    `FROM ${parent} AS base\nFROM builder AS newroot\nENV ${environment} OTHER=x\nCOPY --from=base / /newroot/\n` +
    `FROM base\nCOPY --from=newroot /newroot/ /\n`
  const files = (parent: string) => ({ dependencies: { [parent]: '*' }, devDependencies: { builder: '*' } })
  const first = 'CLEANUP_UNNECESSARY_FILES=/a TAR_SCRIPTLET_REQS=/usr/bin/sed'
  bench.addImage('first', files('minimal-base'), child('minimal-base', first))
  bench.addImage('second', files('first'), child('first', 'CLEANUP_UNNECESSARY_FILES="/b /a"'))
  for (const [verb, ...images] of [
    ['build', 'first', 'second'] as const,
    ['builder-image', 'second'] as const,
  ]) {
    const { exitCode, output } = bench.script(verb, images)
    assert.equal(exitCode, 0, output)
  }
  const layout = join(bench.root, 'work/builder-images/second/dist/linux_amd64/oci')
  const builder = layoutsOf(
    readWorkspace(join(bench.root, 'images')),
    findImage(readWorkspace(), 'builder'),
    'linux/amd64',
  )
  const { Env = [] } = readImage([layout, ...builder], 'linux/amd64').config.config
  const variables = Object.fromEntries(Env.map(one => one.split(/=(.*)/, 2)))
  assert.match(variables.CLEANUP_UNNECESSARY_FILES!, /^\/usr\/lib\/debug\/usr\/\.dwz .* \/a \/b$/)
  assert.equal(variables.FILESYSTEM_SCRIPTLET_REQS, '/usr/sbin/restorecon')
  assert.equal(variables.TAR_SCRIPTLET_REQS, '/usr/bin/sed')
  assert.equal(variables.OTHER, undefined)
})

test('the commands name what a COPY would leave of the base image', async () => {
  const recipe = `ARG BASE_IMAGE
ARG BUILDER_IMAGE
FROM \${BUILDER_IMAGE} AS builder
RUN remove_package libstdc++ 2> /tmp/said
FROM \${BASE_IMAGE} AS tar
COPY --from=builder /tmp/said /said
`
  const said = await buildAndRun('removed', recipe, '/usr/bin/iconv', '-f', 'utf-8', '-t', 'utf-8', '/said')
  assert.match(said, /files of the base image are gone from \/newroot: .*libstdc\+\+\.so.*FROM scratch/)
})
