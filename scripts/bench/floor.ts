import { mkdirSync, mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { builtOf, layoutsOf } from '../build/dist.ts'
import { lentBy } from '../build/plan.ts'
import { inRepo } from '../lib/paths.ts'
import type { Command } from '../lib/run.ts'
import { nativePlatform } from '../lib/settings.ts'
import { findBlob } from '../oci/blobs.ts'
import { readImage } from '../oci/layout.ts'
import { providedLayout } from '../workspace/outputs.ts'
import { findImage, type Image } from '../workspace/workspace.ts'
import { time } from './time.ts'

const platform = nativePlatform

/** The least that a build and an install have to do, done by hand, and that install. */
export interface Floor {
  readonly root: string
  readonly install: Command
  readonly pack: Command
  readonly installRpm: Command
  /** After `installRpm` and `fresh`: it takes the files that the former used. */
  readonly rpm: Command
  readonly fresh: Command
  readonly metadata: Command
  readonly clean: Command
}

/** The builder's root unpacked, to run its dnf in, and the commands that do by hand what a build does at the least. */
export async function prepareFloor(images: ReadonlyMap<string, Image>, image: string): Promise<Floor> {
  mkdirSync(inRepo('work'), { recursive: true })
  const root = mkdtempSync(inRepo('work', 'floor-'))
  await unpack(layoutsOf(images, findImage(images, 'builder'), platform), root)
  await unpack(layoutsOf(images, findImage(images, image), platform), join(root, 'tree'))
  for (const [name, { of, place }] of lentBy(images, findImage(images, 'builder')))
    await unpack([providedLayout(builtOf(of, platform), name)], join(root, place))
  const inRoot = (script: string): Command => {
    const enter =
      'mount --bind /dev "$0/dev" && mount -t proc proc "$0/proc" && exec chroot "$0" sh -euc "$1"'
    return { argv: ['unshare', '--mount', 'sh', '-c', enter, root, script] }
  }
  // Both install onto the same files, each time anew; what the first used is kept for the second.
  const fresh = inRoot(
    'cut -f3 /tmp/packages/rpms.tsv | sed s,^file://,, > /tmp/files; ' +
      'rm -rf /newroot /tmp/packages; cp -a /tree /newroot',
  )
  // What iptables' scriptlets call: the recipe installs it first, too.
  await time(inRoot('NEWROOT=/tree DOWNLOAD_DIR=/tmp/download install_rpm alternatives'))
  await time(fresh)
  return {
    root,
    fresh,
    clean: inRoot('rm -rf /floor && mkdir /floor'),
    install: inRoot(
      'dnf -q -y --installroot=/floor --releasever=1 --setopt=reposdir=/etc/yum.repos.d ' +
        `--setopt=install_weak_deps=False install ${basePackages}`,
    ),
    pack: { argv: ['sh', '-c', 'tar -C "$0/tree" -cf - . | gzip -6 > "$0/tree.tar.gz"', root] },
    installRpm: inRoot(`NEWROOT=/newroot DOWNLOAD_DIR=/tmp/download install_rpm ${iptablesPackages}`),
    rpm: inRoot('xargs rpm --root /newroot -U --nodeps --noscripts --notriggers < /tmp/files'),
    metadata: inRoot(
      'python3 -c "import dnf; base = dnf.Base(); base.read_all_repos(); base.fill_sack(load_system_repo=False)"',
    ),
  }
}

const basePackages =
  'system-release setup filesystem basesystem tzdata ca-certificates amazon-linux-repo-cdn ' +
  'glibc-minimal-langpack glibc glibc-common libgcc libselinux libsepol libstdc++ pcre pcre2'
const iptablesPackages = 'conntrack-tools ipset kmod iptables-nft iptables-legacy ebtables-legacy nftables'

async function unpack(layouts: readonly string[], folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true })
  for (const layer of readImage(layouts, platform).manifest.layers) {
    await time({ argv: ['tar', '-C', folder, '-xf', findBlob(layouts, layer.digest)] })
  }
}
