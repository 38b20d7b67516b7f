import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { BuildPlan, Context, Preparation } from '../../scripts/build/plan.ts'
import { inRepo } from '../../scripts/lib/paths.ts'
import { perform } from '../../scripts/lib/run.ts'
import type { Platform } from '../../scripts/lib/settings.ts'
import { blobPath, digestOf, linkBlob } from '../../scripts/oci/blobs.ts'
import { mediaTypes, writeIndex, writeJson } from '../../scripts/oci/layout.ts'
import type { Distro } from '../../scripts/workspace/distro.ts'
import { providedLayout } from '../../scripts/workspace/outputs.ts'
import { ARCHES, type LabArch } from './lab/arch.ts'

/** `root`, what the distro starts from, and `files`, what its data file adds. */
export const contexts: Preparation['contexts'] = (distro, work) => {
  const files: Context = { name: 'files', folder: join(work, 'files') }
  if (!distro.image) return [{ name: 'root', layout: join(work, 'contexts', 'root') }, files]
  return [{ name: 'root', reference: `${distro.image.reference}@${distro.image.digest}` }, files]
}

/**
 * Lays out `files`, what the data file pins, and for the lab `root`, a layout around the root filesystem that the lab's
 * generator makes. The RPM repository goes into `output`, as the context `repo`; where a server has it, this says only
 * which architecture's is meant: whatever builds with it need not be of that one.
 */
export const prepare: Preparation['prepare'] = async (plan, distro, output) => {
  writePins(distro, join(plan.work, 'files'))
  const packages = join(plan.work, 'lab', 'repo')
  mkdirSync(packages, { recursive: true })
  if (!distro.image) await makeLabRoot(plan, distro)
  writeFileSync(join(packages, 'architecture'), `${ARCHES[archOf(plan)].rpm}\n`)
  const tar = join(plan.work, 'repo.tar')
  const canonical = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', `--mtime=@${distro.epoch}`]
  await perform('packing the repository', {
    argv: ['tar', ...canonical, '-C', packages, '-cf', tar, '.'],
    env: { TAR_OPTIONS: '' },
  })
  writeLayout(providedLayout(output, 'repo'), tar, plan.platform, {})
}

const archOf = ({ platform }: BuildPlan) => platform.split('/')[1] as LabArch

function writePins(distro: Distro, folder: string): void {
  mkdirSync(folder, { recursive: true })
  for (const [path, content] of Object.entries(distro.files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
  }
}

async function makeLabRoot(plan: BuildPlan, distro: Distro): Promise<void> {
  // Loaded only here: the other distros need none of it.
  const { makeLab } = await import('./lab/make.ts')
  const { showProgress } = await import('../../scripts/lib/progress.ts')
  const lab = join(plan.work, 'lab')
  await makeLab({
    arch: archOf(plan),
    release: Number(distro.release),
    epoch: distro.epoch,
    workDir: inRepo('work', 'lab'),
    outDir: lab,
    onProgress: showProgress,
  })
  writeLayout(join(plan.work, 'contexts', 'root'), join(lab, 'root.tar'), plan.platform, {
    Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
    Cmd: ['/bin/bash'],
  })
}

/** A self-contained layout of one image with one layer. */
function writeLayout(layout: string, tar: string, platform: Platform, config: object): void {
  const [os, architecture] = platform.split('/')
  const layer = { mediaType: mediaTypes.tar, digest: digestOf(tar), size: statSync(tar).size }
  linkBlob(tar, blobPath(layout, layer.digest))
  const rootfs = { type: 'layers', diff_ids: [layer.digest] }
  const configBlob = writeJson(layout, mediaTypes.config, { os, architecture, config, rootfs })
  const manifest = { schemaVersion: 2, mediaType: mediaTypes.manifest, config: configBlob, layers: [layer] }
  writeIndex(layout, platform, writeJson(layout, mediaTypes.manifest, manifest))
}
