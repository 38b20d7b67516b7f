import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { temporaryFolder } from '../scripts/lib/temporary-folder.ts'
import { sha256 } from '../scripts/testing/scripted-registry.ts'

const top = temporaryFolder()
export const newFolder = () => mkdtempSync(join(top, 'odd-'))
export const run = (program: string, ...args: string[]) =>
  execFileSync(program, args, { stdio: 'pipe', encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } })

/** A folder with an rpm database of `first` and `second`, as rpm leaves it. */
export function makeDatabase(): string {
  const folder = newFolder()
  const spec = (name: string) => `Name: ${name}
Version: 1
Release: 2
Summary: a package
License: MIT
BuildArch: noarch
%description
%files
`
  for (const name of ['first', 'second']) {
    writeFileSync(join(folder, `${name}.spec`), spec(name))
    run(
      'rpmbuild',
      '-bb',
      '--define',
      `_topdir ${folder}`,
      '--define',
      `_rpmdir ${folder}`,
      join(folder, `${name}.spec`),
    )
  }
  const database = join(folder, 'db')
  const rpms = ['first', 'second'].map(name => join(folder, 'noarch', `${name}-1-2.noarch.rpm`))
  run(
    'rpm',
    '--force-debian',
    '--dbpath',
    database,
    '--define',
    '_db_backend sqlite',
    '-i',
    '--justdb',
    '--nodeps',
    ...rpms,
  )
  rmSync(join(database, 'rpmdb.sqlite-shm'))
  return database
}

/** A copy of a database whose last change, the removal of a package, is in its write-ahead log alone. */
export function inWal(database: string): string {
  const folder = newFolder()
  run('cp', '-rT', database, folder)
  const change = [
    '.dbconfig no_ckpt_on_close on',
    'DELETE FROM Packages WHERE hnum = (SELECT max(hnum) FROM Packages)',
  ]
  run('sqlite3', join(folder, 'rpmdb.sqlite'), 'PRAGMA journal_mode=WAL', ...change)
  run('rm', '-f', join(folder, 'rpmdb.sqlite-shm'))
  return folder
}

/** A copy in one file. */
export function outOfWal(database: string): string {
  const folder = newFolder()
  run('cp', '-rT', database, folder)
  run('sqlite3', join(folder, 'rpmdb.sqlite'), 'PRAGMA journal_mode=DELETE')
  return folder
}

/** What a tree is made of: a text, `{ link }`, or a folder to copy. */
export type Tree = Readonly<Record<string, string | { readonly link: string } | { readonly copy: string }>>

/** The tree as a tar archive, as GNU tar makes it. */
export function tarOf(tree: Tree): string {
  const root = newFolder()
  for (const [path, what] of Object.entries(tree)) {
    const at = join(root, path)
    mkdirSync(dirname(at), { recursive: true })
    if (typeof what === 'string') writeFileSync(at, what)
    else if ('link' in what) symlinkSync(what.link, at)
    else cpSync(what.copy, at, { recursive: true })
  }
  run('tar', '-C', root, '--owner=0', '--group=0', '-cf', `${root}.tar`, '.')
  return `${root}.tar`
}

/** A layout with one image of these layers, made by umoci. */
export function umociImage(tars: readonly string[], architecture = 'amd64'): string {
  const layout = join(newFolder(), 'layout')
  const image = `${layout}:latest`
  run('umoci', 'init', '--layout', layout)
  run('umoci', 'new', '--image', image)
  run('umoci', 'config', '--image', image, '--architecture', architecture, '--os', 'linux')
  for (const tar of tars) run('umoci', 'raw', 'add-layer', '--image', image, tar)
  return layout
}

/** An image of these layers, made by buildah: `oci` or `docker` says of which format. */
export function buildahImage(
  tars: readonly string[],
  format: string,
  target: string,
  ...options: string[]
): void {
  const store = newFolder()
  const buildah = (...args: string[]) =>
    run(
      'buildah',
      '--root',
      join(store, 'root'),
      '--runroot',
      join(store, 'run'),
      '--storage-driver',
      'vfs',
      ...args,
    ).trim()
  const container = buildah('from', 'scratch')
  for (const tar of tars) buildah('add', '--quiet', container, tar, '/')
  buildah('commit', '--quiet', '--format', format, ...options, container, target)
  buildah('rm', container)
}

/** Stores a manifest or an index by hand, as no tool would write it; returns its descriptor. */
export async function pushManifest(
  host: string,
  name: string,
  tag: string,
  value: object & { mediaType: string },
) {
  const body = JSON.stringify(value)
  const { mediaType } = value
  const url = `http://${host}/v2/${name}/manifests/${tag}`
  const answer = await fetch(url, { method: 'PUT', headers: { 'content-type': mediaType }, body })
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`)
  return { mediaType, digest: sha256(body), size: body.length }
}

/** The descriptor of what a tag stands for. */
export async function describeTag(host: string, name: string, tag: string) {
  const accept = ['oci.image.index.v1', 'oci.image.manifest.v1', 'docker.distribution.manifest.v2']
  const headers = { accept: accept.map(type => `application/vnd.${type}+json`).join(', ') }
  const answer = await fetch(`http://${host}/v2/${name}/manifests/${tag}`, { headers })
  const bytes = Buffer.from(await answer.arrayBuffer())
  return { mediaType: answer.headers.get('content-type')!, digest: sha256(bytes), size: bytes.length, bytes }
}

/** What skopeo fetches and umoci unpacks: the paths of all but folders, and its packages as rpm lists them in there. */
export function unpacked(
  reference: string,
  dbpath = '/var/lib/rpm',
): { paths: string[]; packages: string[] } {
  const folder = newFolder()
  const layout = join(folder, 'layout')
  const platform = ['--override-os', 'linux', '--override-arch', 'amd64']
  run(
    'skopeo',
    ...platform,
    'copy',
    '-q',
    '--src-tls-verify=false',
    `docker://${reference}`,
    `oci:${layout}:latest`,
  )
  run('umoci', 'unpack', '--image', `${layout}:latest`, join(folder, 'bundle'))
  const root = join(folder, 'bundle/rootfs')
  const paths = run('find', root, '-not', '-type', 'd', '-printf', '/%P\n').trim().split('\n').sort()
  const packages = run('rpm', '--root', root, '--dbpath', dbpath, '-qa').trim().split('\n').sort()
  return { paths, packages }
}
