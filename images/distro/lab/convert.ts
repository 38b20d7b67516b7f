import { existsSync } from 'node:fs'
import { chmod, copyFile, mkdir, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { execa } from 'execa'
import type { Download } from '../../../scripts/lib/debian-archive.ts'
import { UserError } from '../../../scripts/lib/errors.ts'
import { ARCHES, type LabArch } from './arch.ts'
import { type Catalog, matcher, type RpmPlan } from './catalog.ts'
import { makeMulticall } from './multicall.ts'
import { byteCompiled } from './python.ts'
import { type Entry, type Origin, specOf } from './spec.ts'
import { FILES, type Toolchain } from './toolchain.ts'
import { movePaths, unpackDebs } from './unpack.ts'

/**
 * Makes one unsigned RPM below the toolchain's /work/rpms, and returns its name there.
 * @param downloads by Debian package its .deb, and by source in the npm registry its tarball
 */
export async function makeRpm(
  plan: RpmPlan,
  { shared }: Catalog,
  downloads: Map<string, Download>,
  arch: LabArch,
  toolchain: Toolchain,
): Promise<string> {
  const home = `/work/${plan.name}`
  const tree = join(toolchain.root, home, 'tree')
  await rm(dirname(tree), { recursive: true, force: true })
  await mkdir(tree, { recursive: true })

  const sources = plan.from.map(name => downloads.get(name)!.path)
  await unpackDebs(sources, tree, ARCHES[arch].triplet)
  if (plan.npm) await execa('tar', ['-xzf', downloads.get(plan.npm)!.path, '-C', tree, '--no-same-owner'])
  await movePaths(tree, plan.move ?? {})
  const compiler = `${ARCHES[arch].triplet}-gcc`
  const own = await compiled(await addOwnContent(plan, tree), home, compiler, toolchain)
  if (plan.multicall) own.add(await makeMulticall(plan.multicall, home, compiler, toolchain))
  const files = await entriesOf(plan, tree, shared, own)
  const entries = [...files, ...(await byteCompiled(files, home, toolchain))]
  await writeFile(join(toolchain.root, home, 'spec'), specOf(plan, await originOf(plan, sources[0]), entries))

  const output = await toolchain.run(rpmbuild(home, ARCHES[arch].rpm)).catch(error => {
    throw new UserError(
      `The lab's RPM "${plan.name}" cannot be built:\n${String(error.all).split('\n').slice(-15).join('\n')}`,
    )
  })
  await rm(dirname(tree), { recursive: true })
  return basename(/^Wrote: (.+\.rpm)$/m.exec(output)![1]!)
}

function rpmbuild(home: string, rpmArch: string): string[] {
  const macros: Record<string, string> = {
    _topdir: home,
    _rpmdir: '/work/rpms',
    _build_name_fmt: '%%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm',
    _buildhost: 'lab',
    use_source_date_epoch_as_buildtime: '1',
    clamp_mtime_to_source_date_epoch: '1',
    source_date_epoch_from_changelog: '0',
    _binary_payload: 'w3.zstdio',
    _build_id_links: 'none',
    __os_install_post: '%{nil}',
    debug_package: '%{nil}',
    _unpackaged_files_terminate_build: '0',
    // The generators ask libmagic file by file; without the jobs flag they do so one after the other.
    _smp_build_ncpus: '1',
  }
  const defines = Object.entries(macros).flatMap(([name, value]) => ['--define', `${name} ${value}`])
  return [
    'rpmbuild',
    '-bb',
    '--noclean',
    '--target',
    `${rpmArch}-linux`,
    '--buildroot',
    `${home}/tree`,
    ...defines,
    `${home}/spec`,
  ]
}

/** Adds what does not come from a .deb; returns its paths: include and exclude are about .debs only. */
async function addOwnContent(plan: RpmPlan, tree: string): Promise<Set<string>> {
  for (const dir of plan.dirs ?? []) await mkdir(join(tree, dir), { recursive: true })
  const files = join(FILES, plan.name)
  const copied = existsSync(files) ? await copyOwn(files, tree, '/') : []
  const put = async (path: string, action: (full: string) => Promise<unknown>) => {
    await mkdir(dirname(join(tree, path)), { recursive: true })
    await rm(join(tree, path), { force: true, recursive: true })
    await action(join(tree, path))
  }
  for (const [path, text] of Object.entries(plan.text ?? {})) await put(path, full => writePlain(full, text))
  for (const [path, target] of Object.entries(plan.links ?? {}))
    await put(path, full => symlink(target, full))
  for (const path of plan.ghost ?? []) await put(path, full => writePlain(full, ''))
  const written = [plan.text, plan.links].flatMap(paths => Object.keys(paths ?? {}))
  return new Set([...(plan.dirs ?? []), ...(plan.ghost ?? []), ...written, ...copied])
}

async function writePlain(path: string, text: string): Promise<void> {
  await writeFile(path, text)
  await chmod(path, 0o644)
}

/** Copies with modes that do not depend on the checkout's umask. */
async function copyOwn(from: string, tree: string, dir: string): Promise<string[]> {
  const copied: string[] = []
  await mkdir(join(tree, dir), { recursive: true })
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, path] = [join(from, entry.name), join(dir, entry.name)]
    if (entry.isDirectory()) copied.push(...(await copyOwn(source, tree, path)))
    else {
      await rm(join(tree, path), { force: true })
      await copyFile(source, join(tree, path))
      await chmod(join(tree, path), (await stat(source)).mode & 0o100 ? 0o755 : 0o644)
      copied.push(path)
    }
  }
  return copied
}

/** Makes a program of each `PROGRAM.c`, in its place. */
async function compiled(
  own: Set<string>,
  home: string,
  compiler: string,
  toolchain: Toolchain,
): Promise<Set<string>> {
  const paths = await Promise.all(
    [...own].map(async path => {
      if (!path.endsWith('.c')) return path
      const program = path.slice(0, -'.c'.length)
      const [source, output] = [path, program].map(one => `${home}/tree${one}`) as [string, string]
      await toolchain.run([compiler, '-O2', '-Wall', '-Wextra', '-Werror', '-s', '-o', output, source])
      await rm(join(toolchain.root, source))
      return program
    }),
  )
  return new Set(paths)
}

async function entriesOf(
  plan: RpmPlan,
  tree: string,
  shared: Set<string>,
  own: Set<string>,
): Promise<Entry[]> {
  const included = plan.include ? matcher(plan.include) : () => true
  const excluded = matcher(plan.exclude ?? [])
  const isGhost = (path: string) => plan.ghost?.includes(path) ?? false
  const isShared = (path: string) => shared.has(path) && plan.name !== 'filesystem'

  async function list(dir: string): Promise<Entry[]> {
    const found = await readdir(join(tree, dir), { withFileTypes: true })
    const entries: Entry[] = []
    for (const entry of found.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = join(dir, entry.name)
      const mode = plan.modes?.[path]
      const kept = own.has(path) || (included(path) && !excluded(path))
      if (entry.isDirectory()) {
        const below = await list(path)
        if ((below.length > 0 || kept) && !isShared(path))
          entries.push({ path, kind: 'dir', mode: mode ?? '0755' })
        entries.push(...below)
      } else if (kept) {
        const kind = isGhost(path) ? 'ghost' : entry.isSymbolicLink() ? 'link' : 'file'
        // Shared objects without the execute bit get no requires and provides, and AL2023's have it.
        if (kind === 'file' && /\.so(\.[\d.]+)?$/.test(path)) await chmod(join(tree, path), 0o755)
        entries.push(mode === undefined ? { path, kind } : { path, kind, mode })
      }
    }
    return entries
  }
  return list('/')
}

async function originOf(plan: RpmPlan, deb: string | undefined): Promise<Origin> {
  if (!deb) {
    const version = plan.npm ? /@(\S+) /.exec(plan.npm)![1]! : '1'
    return { version, architecture: 'all', summary: `${plan.name} of the lab distribution` }
  }
  const { stdout } = await execa('dpkg-deb', ['--field', deb, 'Version', 'Architecture', 'Description'])
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(stdout)?.[1] ?? ''
  return { version: field('Version'), architecture: field('Architecture'), summary: field('Description') }
}
