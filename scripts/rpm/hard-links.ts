import { capabilities, type Node, type RootFs } from '../oci/rootfs.ts'
import { mergedPath, type Package } from './package.ts'

/**
 * Hard links are what packages say they are: names that a package has of one file, and that are still alike, become one
 * file; every other name becomes a file of its own. What an engine tells of them cannot be relied on: BuildKit's overlays
 * break a link when a later step touches one of its names, or when the other name is a parent's; buildah's keep it.
 */
export function keepPackagedLinks(rootfs: RootFs, packages: readonly Package[]): void {
  const seen = new Set<Node>()
  for (const [path, node] of rootfs) {
    if (seen.has(node)) rootfs.set(path, { ...node })
    seen.add(node)
  }
  for (const { files } of packages) {
    const alike = new Map<string, string[]>()
    for (const { path, links } of files) {
      const place = mergedPath(path)
      const node = links === undefined ? undefined : rootfs.get(place)
      if (node?.sha256 === undefined) continue
      const key = `${links} ${likeness(node)}`
      alike.set(key, [...(alike.get(key) ?? []), place])
    }
    for (const [first, ...others] of alike.values()) {
      for (const other of others) rootfs.set(other, rootfs.get(first!)!)
    }
  }
}

function likeness({ header, sha256 }: Node): string {
  const { mode, uid, gid, xattrs } = header
  return [sha256, mode, uid, gid, xattrs[capabilities]?.toString('hex')].join(' ')
}
