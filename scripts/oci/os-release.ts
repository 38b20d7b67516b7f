import { contentOf, type RootFs } from './rootfs.ts'

/** The two facts by which scanners and package URLs know a distro: `amzn` and `2023`. */
export interface OsRelease {
  readonly id?: string
  readonly versionId?: string
}

/** What a root filesystem says it is, in the first of the two places that the os-release manual names. */
export function readOsRelease(rootfs: RootFs): OsRelease {
  const nodes = ['/etc/os-release', '/usr/lib/os-release'].map(path => rootfs.get(path))
  const file = nodes.find(node => node?.header.flag === '0')
  return file ? parseOsRelease(contentOf(file).toString('utf8')) : {}
}

/** Values that are no plain words are left out: they would end up in URLs. */
export function parseOsRelease(text: string): OsRelease {
  const value = (key: string) => new RegExp(`^${key}=(["']?)([\\w.-]+)\\1\\s*$`, 'm').exec(text)?.[2]
  const [id, versionId] = [value('ID'), value('VERSION_ID')]
  return { ...(id && { id }), ...(versionId && { versionId }) }
}
