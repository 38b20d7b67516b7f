import { posix } from 'node:path'
import type { BuiltImage } from '../../image/built-image.ts'
import { resolvePath } from '../../image/resolve.ts'
import type { Facts } from './facts.ts'

/** Where something appears only when the container runs. */
const runtime = /^\/(proc|dev|run|sys)(\/|$)/
/** Distributions ship these so: mount writes the one, systemd makes the target of the other. */
const expected = ['/etc/mtab', '/var/lock']

/** Links that lead nowhere inside the image. */
export function danglingLinks({ files }: BuiltImage, { danglingLinks: known = [] }: Facts): string[] {
  const problems: string[] = []
  for (const { path, type, link = '' } of files.values()) {
    if (type !== 'symlink' || expected.includes(path) || known.includes(path)) continue
    // A path through a link to /run is no target that we can judge.
    const target = posix.resolve(posix.dirname(path), link)
    if (runtime.test(target) || runtime.test(resolvedParent(files, target))) continue
    if (!resolvePath(files, path)) problems.push(`${path} -> ${link} leads nowhere`)
  }
  return problems
}

/** `/var/run/lock` → `/run/lock` where /var/run is a link to /run, which may be missing itself. */
function resolvedParent(files: BuiltImage['files'], target: string): string {
  for (let at = target; at !== '/'; at = posix.dirname(at)) {
    const entry = files.get(at)
    if (entry?.type === 'symlink') {
      return posix.join(posix.resolve(posix.dirname(at), entry.link ?? ''), target.slice(at.length))
    }
  }
  return target
}
