import { createHash } from 'node:crypto'
import { PackageURL } from 'packageurl-js'
import type { OsRelease } from '../oci/os-release.ts'
import type { Package } from '../rpm/package.ts'

/** What a software bill of materials is written about: one image on one platform. */
export interface Subject {
  readonly image: string
  /** `linux/amd64` */
  readonly platform: string
  /** `sha256:…` of the manifest. */
  readonly digest: string
  /** Seconds since 1970: the day of the distro's release, since the day of the build says nothing. */
  readonly epoch: number
  readonly os: OsRelease
  /** Sorted. */
  readonly packages: readonly Package[]
}

/** Who is said to have written it. */
export const tool = 'eks-distro-base'

/** `pkg:rpm/amzn/git-core@2.50.1-1.amzn2023?arch=x86_64&distro=amzn-2023`, the vendor by the ID of its os-release. */
export function packageUrl(
  { name, epoch, version, release, arch }: Package,
  { id, versionId }: OsRelease,
): string {
  const qualifiers = {
    ...(arch !== undefined && { arch }),
    ...(epoch !== undefined && { epoch: String(epoch) }),
    ...(id !== undefined && { distro: versionId === undefined ? id : `${id}-${versionId}` }),
  }
  return new PackageURL('rpm', id, name, `${version}-${release}`, qualifiers, undefined).toString()
}

/** `pkg:oci/minimal-base@sha256:…?arch=amd64` */
export function imageUrl({ image, digest, platform }: Subject): string {
  const arch = platform.split('/')[1]!
  return new PackageURL('oci', undefined, image, digest, { arch }, undefined).toString()
}

/** A UUID that is the same for the same image, of the version (8) that says that its bits were chosen. */
export function uuidOf({ digest, platform, image }: Subject): string {
  const hash = createHash('sha256').update([image, platform, digest].join('\n')).digest()
  hash[6] = (hash[6]! & 0x0f) | 0x80
  hash[8] = (hash[8]! & 0x3f) | 0x80
  const hex = hash.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    '-',
  )
}

/** As rpm writes a version: `1:2.0-3.amzn2023`. */
export function evr({ epoch, version, release }: Package): string {
  return `${epoch === undefined ? '' : `${epoch}:`}${version}-${release}`
}
