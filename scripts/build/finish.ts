import { mkdirSync, renameSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { UserError } from '../lib/errors.ts'
import { repoRoot } from '../lib/paths.ts'
import { applyLayers } from '../oci/apply.ts'
import { blobPath, type Descriptor, digestOf } from '../oci/blobs.ts'
import { canonicalConfig } from '../oci/config.ts'
import type { FileEntry } from '../oci/files.ts'
import { compress, uncompressed } from '../oci/gzip.ts'
import { compare, writeLayer } from '../oci/layer.ts'
import { type LayoutImage, type Manifest, mediaTypes, writeJson } from '../oci/layout.ts'
import { type OsRelease, readOsRelease } from '../oci/os-release.ts'
import { dropMountStubs } from '../oci/rootfs.ts'
import { keepPackagedLinks } from '../rpm/hard-links.ts'
import { mergedPath, type Package } from '../rpm/package.ts'
import { installedPackages } from '../rpm/package-data.ts'
import { refuseDroppedConfig } from './dropped.ts'
import type { Export } from './engines/engine.ts'
import type { Parent } from './parent.ts'
import type { BuildPlan } from './plan.ts'

/** A finished image: its manifest's descriptor, and what is in it. */
export interface Finished {
  readonly manifest: Descriptor
  /** Compressed, of all layers. */
  readonly bytes: number
  readonly files: readonly FileEntry[]
  /** Of a tool of the workshop none: it is not published, and nobody makes the database of the distro's image canonical. */
  readonly packages: readonly Package[]
  readonly os: OsRelease
}

/**
 * Turns what an engine exported into the image: the parent's layers as they are, plus one layer, in canonical form,
 * with just what this image changed, deletions included. So both engines give the same bytes, and no file is shipped
 * twice. Writes blobs below `layout`.
 */
export async function finishImage(
  plan: BuildPlan,
  made: Export,
  parent: Parent | undefined,
  layout: string,
): Promise<Finished> {
  checkPlatform(plan, made)
  refuseDroppedConfig(`${relative(repoRoot, plan.image.recipe)}/Dockerfile`, made.config)
  if (!plan.replacesParent) checkParent(plan, made, parent?.image)
  const layers = await Promise.all(
    made.layers.map((layer, index) => uncompressed(layer, join(plan.work, `layer-${index}.tar`))),
  )
  const rootfs = applyLayers(layers, plan.image.name)
  const packages = plan.image.internal ? [] : installedPackages(rootfs)
  if (!plan.image.internal) keepPackagedLinks(rootfs, packages)
  const inherited = new Set(parent?.files.map(({ path }) => path))
  const owned = new Set(packages.flatMap(one => one.files.map(({ path }) => mergedPath(path))))
  dropMountStubs(rootfs, path => inherited.has(path) || owned.has(path), plan.mounts)
  const { files, changes } = compare(parent?.files ?? [], rootfs)
  const descriptors = [...(parent?.image.manifest.layers ?? [])]
  const diffIds = [...(parent?.image.config.rootfs.diff_ids ?? [])]
  if (changes.added.length + changes.removed.length > 0) {
    const tar = join(plan.work, 'layer.tar')
    diffIds.push(writeLayer(tar, changes, rootfs, plan.epoch))
    descriptors.push(await storeLayer(tar, layout, plan.image.internal))
  }
  const config = writeJson(layout, mediaTypes.config, canonicalConfig(made.config, diffIds, plan.epoch))
  const manifest: Manifest = { schemaVersion: 2, mediaType: mediaTypes.manifest, config, layers: descriptors }
  const bytes = descriptors.reduce((sum, { size }) => sum + size, 0)
  const descriptor = writeJson(layout, mediaTypes.manifest, manifest)
  return { manifest: descriptor, bytes, files, packages, os: readOsRelease(rootfs) }
}

/** A stage can be `FROM` an image of another platform, by its digest. */
function checkPlatform({ image, platform }: BuildPlan, { config }: Export): void {
  const made = `${config.os}/${config.architecture}`
  if (made === platform) return
  throw new UserError(
    `${relative(repoRoot, image.recipe)}/Dockerfile makes an image for ${made} where ${platform} is built: ` +
      'see what its last stage is FROM',
  )
}

/** The Dockerfile's last stage has to be `FROM` the parent that package.json names, or its layers would be lost. */
function checkParent({ image }: BuildPlan, made: Export, parent: LayoutImage | undefined): void {
  const expected = parent?.config.rootfs.diff_ids ?? []
  if (expected.every((diffId, index) => made.config.rootfs.diff_ids[index] === diffId)) return
  throw new UserError(
    `${relative(repoRoot, image.recipe)}/Dockerfile does not end in a stage FROM ${image.parent}, ` +
      `which the package.json of ${image.name} names as its parent`,
  )
}

/** Moves a layer into the layout, gzipped unless it stays in the workshop. */
async function storeLayer(tar: string, layout: string, internal: boolean): Promise<Descriptor> {
  const file = internal ? tar : `${tar}.gz`
  if (!internal) await compress(tar, file)
  const digest = digestOf(file)
  mkdirSync(join(layout, 'blobs', 'sha256'), { recursive: true })
  const size = statSync(file).size
  renameSync(file, blobPath(layout, digest))
  return { mediaType: internal ? mediaTypes.tar : mediaTypes.gzip, digest, size }
}
