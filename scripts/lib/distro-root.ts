import { mkdirSync, renameSync, rmdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Distro } from './distro.ts'
import { UserError } from './errors.ts'
import { blobPath, digestOf, linkBlob } from './oci/blobs.ts'
import { mediaTypes, writeIndex, writeJson } from './oci/layout.ts'
import type { BuildPlan } from './plan.ts'

/**
 * Lays out what the distro's Dockerfile starts from: `files`, what the data file pins, and for the lab `root`, a layout
 * around the root filesystem that the lab's generator makes. The RPM repository goes to `out/repo`.
 */
export async function prepareDistro(plan: BuildPlan, distro: Distro, out: string): Promise<void> {
  writePins(distro, join(plan.work, 'files'))
  mkdirSync(join(out, 'repo'), { recursive: true })
  if (!distro.image) return makeLabRoot(plan, distro, out)
  if (distro.image.digest) return
  throw new UserError(
    `images/distro/${distro.name}.yaml has no digest for ${distro.image.reference}: run 'DISTRO=${distro.name} npm run setup' ` +
      'where the registry can be reached; it records the digest',
  )
}

function writePins(distro: Distro, folder: string): void {
  mkdirSync(folder, { recursive: true })
  for (const [path, content] of Object.entries(distro.files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
  }
}

async function makeLabRoot(plan: BuildPlan, distro: Distro, out: string): Promise<void> {
  // Loaded only here: the other distros need none of it.
  const { makeLab } = await import('../../images/distro/lab/make.ts')
  const { showProgress } = await import('./progress.ts')
  const architecture = plan.platform.split('/')[1] as 'amd64' | 'arm64'
  await makeLab({
    arch: architecture,
    release: Number(distro.release),
    workDir: join(dirname(plan.image.dir), '..', 'work', 'lab'),
    outDir: join(plan.work, 'lab'),
    onProgress: showProgress,
  })
  rmdirSync(join(out, 'repo'))
  renameSync(join(plan.work, 'lab', 'repo'), join(out, 'repo'))
  const tar = join(plan.work, 'lab', 'root.tar')
  const layout = join(plan.work, 'contexts', 'root')
  const digest = digestOf(tar)
  linkBlob(tar, blobPath(layout, digest))
  const config = writeJson(layout, mediaTypes.config, {
    architecture,
    os: 'linux',
    config: {
      Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
      Cmd: ['/bin/bash'],
    },
    rootfs: { type: 'layers', diff_ids: [digest] },
  })
  const layers = [{ mediaType: mediaTypes.tar, digest, size: statSync(tar).size }]
  const manifest = writeJson(layout, mediaTypes.manifest, {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config,
    layers,
  })
  writeIndex(layout, new Map([[plan.platform, manifest]]))
}
