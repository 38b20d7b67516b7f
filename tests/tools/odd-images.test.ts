import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { execa } from 'execa'
import { repoRoot } from '../../scripts/lib/paths.ts'
import { databaseOf, pullImage } from '../../scripts/registry/pulled.ts'
import {
  buildahImage,
  describeTag,
  inWal,
  makeDatabase,
  newFolder,
  outOfWal,
  pushManifest,
  run,
  tarOf,
  umociImage,
  unpacked,
} from '../odd-images.ts'
import { startRegistry } from '../registry.ts'

type Platform = { os: string; architecture: string; variant?: string }
const amd64 = { os: 'linux', architecture: 'amd64' }
const ociIndex = 'application/vnd.oci.image.index.v1+json'
const sysimage = 'usr/lib/sysimage/rpm'

const database = makeDatabase()
const usual = tarOf({ 'var/lib/rpm': { copy: database }, 'etc/os-release': 'ID=odd\n', 'a/b/c': 'deep\n' })
const inUsr = { [sysimage]: { copy: database } }
let registry: Awaited<ReturnType<typeof startRegistry>>

before(async () => {
  registry = await startRegistry()
})
after(() => registry?.stop())

const umoci =
  (...tars: string[]) =>
  (name: string) =>
    registry.push(umociImage(tars), name)
const copied =
  (...options: string[]) =>
  (name: string) => {
    const image = `oci:${umociImage([usual])}:latest`
    run(
      'skopeo',
      'copy',
      '-q',
      '--dest-tls-verify=false',
      ...options,
      image,
      `docker://${registry.host}/${name}`,
    )
  }
const buildah =
  (format: string, tars: string[], ...options: string[]) =>
  (name: string) => {
    const layout = join(newFolder(), 'layout')
    buildahImage(tars, format, `oci:${layout}:latest`, ...options)
    registry.push(layout, name)
  }
/** An index of the usual image for `platform`, after what `more` adds; skopeo is shown the image by itself. */
const indexed =
  (platform: Platform | undefined, mediaType = ociIndex, wrap = (index: object): object[] => [index]) =>
  async (name: string) => {
    const [repository, tag] = name.split(':') as [string, string]
    const format = mediaType === ociIndex ? 'oci' : 'v2s2'
    const push = (architecture: string, as: string) =>
      run(
        'skopeo',
        'copy',
        '-q',
        '--format',
        format,
        '--dest-tls-verify=false',
        `oci:${umociImage([usual], architecture)}:latest`,
        `docker://${registry.host}/${repository}:${as}`,
      )
    push('arm64', 'arm')
    push('amd64', 'alone')
    const of = async (as: string, one?: Platform) => {
      const { bytes: _, ...descriptor } = await describeTag(registry.host, repository, as)
      return { ...descriptor, ...(one && { platform: one }) }
    }
    const arm = await of('arm', { os: 'linux', architecture: 'arm64', variant: 'v8' })
    const manifests = [arm, ...wrap(await of('alone', platform))]
    await pushManifest(registry.host, repository, tag, { schemaVersion: 2, mediaType, manifests } as never)
    return `${registry.host}/${repository}:alone`
  }
const nested = async (name: string) => {
  const [repository, tag] = name.split(':') as [string, string]
  const alone = await indexed(amd64)(`${repository}:inner`)
  const { bytes: _, ...inner } = await describeTag(registry.host, repository, 'inner')
  await pushManifest(registry.host, repository, tag, {
    schemaVersion: 2,
    mediaType: ociIndex,
    manifests: [inner],
  } as never)
  return alone
}

const images: Record<string, (name: string) => unknown> = {
  'one layer by umoci': umoci(usual),
  'a layer on another': umoci(usual, tarOf({ 'opt/x': 'x\n', 'a/b/c': 'other\n' })),
  'a file removed': umoci(usual, tarOf({ 'a/b/.wh.c': '' })),
  'a folder removed and made again': umoci(usual, tarOf({ '.wh.a': '' }), tarOf({ 'a/new': 'n\n' })),
  'a folder emptied': umoci(usual, tarOf({ 'a/b/.wh..wh..opq': '', 'a/b/new': 'n\n' })),
  'an empty layer': umoci(usual, tarOf({})),
  'a layer that stands twice': umoci(usual, usual),
  'a database that a later layer replaces': umoci(
    usual,
    tarOf({ 'var/lib/rpm': { copy: outOfWal(database) } }),
  ),
  'a database that was removed in one place and is in another': umoci(
    usual,
    tarOf({ 'var/lib/.wh.rpm': '' }),
    tarOf({ ...inUsr, 'var/lib/rpm': { link: `../../${sysimage}` } }),
  ),
  'a database out of WAL mode': umoci(tarOf({ 'var/lib/rpm': { copy: outOfWal(database) } })),
  'a database whose last change is in its log': umoci(tarOf({ 'var/lib/rpm': { copy: inWal(database) } })),
  'a database behind a relative link': umoci(
    tarOf({ ...inUsr, 'var/lib/rpm': { link: `../../${sysimage}` } }),
  ),
  'a database behind an absolute link': umoci(tarOf({ ...inUsr, 'var/lib/rpm': { link: `/${sysimage}` } })),
  'a database below a link': umoci(tarOf({ 'data/lib/rpm': { copy: database }, var: { link: 'data' } })),
  'a database behind links that leave the image': umoci(
    tarOf({ ...inUsr, 'var/lib/rpm': { link: `../../../../../${sysimage}` } }),
  ),
  'a database in /usr alone': umoci(tarOf(inUsr)),
  'an image of docker': copied('--format', 'v2s2'),
  'a layer of zstd': copied('--dest-compress-format', 'zstd', '--format', 'oci'),
  'an uncompressed layer': copied('--dest-compress=false'),
  'an image by buildah': buildah('oci', [usual]),
  'an image by buildah, of docker, in one layer': buildah(
    'docker',
    [usual, tarOf({ 'x/y': 'z\n' })],
    '--squash',
  ),
  'an index of OCI': indexed(amd64),
  'a list of docker': indexed(amd64, 'application/vnd.docker.distribution.manifest.list.v2+json'),
  'an index with a variant': indexed({ ...amd64, variant: 'v1' }),
  'an index that does not say for what': indexed(undefined),
  'an index in an index': nested,
}

/** `npx tsx scripts/NAME …`, which must succeed: what it prints. */
async function verb(name: string, ...words: string[]): Promise<string> {
  const { stdout } = await execa('node', ['--import', 'tsx', `scripts/${name}.ts`, ...words], {
    cwd: repoRoot,
  })
  return stdout
}

type Changes = { groups: { changes: { about: string; kind: string; what: string }[] }[] }

describe('the verbs find the files and packages that skopeo, umoci and rpm find:', () => {
  /** What the others are compared with. */
  let first: { reference: string; paths: string[]; packages: string[] }
  for (const [number, [what, make]] of Object.entries(images).entries()) {
    test(what, async () => {
      const name = `odd/image${number}:1`
      const alone = await make(name)
      const reference = `${registry.host}/${name}`
      // rpm follows the last link to outside of its root, where this machine's own database would be.
      const dbpath = /\/usr alone|absolute link|leave the image/.test(what) ? `/${sysimage}` : '/var/lib/rpm'
      const expected = unpacked(typeof alone === 'string' ? alone : reference, dbpath)
      first ??= { reference, ...expected }
      const [list, difference] = await Promise.all([
        verb('export-packages', '--reference', reference),
        verb('diff', '--json', first.reference, reference),
      ])
      assert.deepEqual(list.split('\n'), expected.packages)
      assert.equal(expected.packages.length, what.endsWith('its log') ? 1 : 2)
      const changes = (JSON.parse(difference) as Changes).groups.flatMap(group => group.changes)
      const found = (kind: string, ...about: string[]) =>
        changes
          .filter(change => change.kind === kind && about.includes(change.about))
          .map(change => change.what)
      const without = (some: string[], others: string[]) => some.filter(path => !others.includes(path))
      assert.deepEqual(found('added', 'file', 'executable').sort(), without(expected.paths, first.paths))
      assert.deepEqual(found('removed', 'file', 'executable').sort(), without(first.paths, expected.paths))
      assert.equal(found('removed', 'package').length, without(first.packages, expected.packages).length)
    })
  }
})

test('a database that is not read here is told with its kind', async () => {
  for (const [file, kind] of [
    ['Packages', 'Berkeley DB'],
    ['Packages.db', 'ndb'],
  ] as const) {
    const folder = newFolder()
    writeFileSync(join(folder, file), 'x')
    umoci(tarOf({ [sysimage]: { copy: folder } }))('odd/kind:1')
    const image = await pullImage(`${registry.host}/odd/kind:1`, 'linux/amd64', newFolder())
    assert.throws(
      () => databaseOf(image),
      new RegExp(`keeps its packages in /${sysimage}/${file}, of kind ${kind}: only`),
    )
  }
})

test('no database, and two, are told', async () => {
  for (const [tree, message] of [
    [{ a: 'b' }, /has no rpm database: none in \/var\/lib\/rpm or \/usr\/lib\/sysimage\/rpm/],
    [
      { ...inUsr, 'var/lib/rpm': { copy: database } },
      /has two rpm databases: \/var\/lib\/rpm\/rpmdb\.sqlite and \/usr/,
    ],
  ] as const) {
    umoci(tarOf(tree))('odd/other:1')
    const image = await pullImage(`${registry.host}/odd/other:1`, 'linux/amd64', newFolder())
    assert.throws(() => databaseOf(image), message)
  }
})
