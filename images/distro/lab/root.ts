import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { UserError } from '../../../scripts/lib/errors.ts'
import { ARCHES, type LabArch } from './arch.ts'
import type { Toolchain } from './toolchain.ts'

/** What the distro's root is made of, as AL2023's image is; dnf adds what these need. */
export const ROOT = (
  'system-release amazon-linux-repo-cdn setup filesystem basesystem tzdata ca-certificates glibc glibc-common ' +
  'glibc-minimal-langpack libgcc libstdc++ bash coreutils-single grep sed gawk gzip tar findutils curl-minimal ' +
  'libcurl-minimal dnf yum rpm python3 python3-dnf python3-rpm gnupg2-minimal p11-kit-trust crypto-policies ' +
  'elfutils-default-yama-scope'
).split(' ')

/** Installs `names` from the signed /work/repo into an empty root and writes it to /work/root.tar. */
export async function makeRoot(
  toolchain: Toolchain,
  names: readonly string[],
  arch: LabArch,
  release: number,
  epoch: number,
): Promise<void> {
  const root = join(toolchain.root, 'work/root')
  await rm(root, { recursive: true, force: true })
  await mkdir(join(root, 'dev'), { recursive: true })
  await mkdir(join(root, 'proc'))
  await writeFile(join(toolchain.root, 'work/dnf.conf'), dnfConf(ARCHES[arch].rpm, release))

  const output = await toolchain.run(['sh', '-ec', INSTALL, ...names]).catch(error => {
    throw new UserError(
      `dnf cannot install the lab's root:\n${String(error.all).split('\n').slice(-25).join('\n')}`,
    )
  })
  // dnf exits 0 when a scriptlet fails.
  const complaints = output
    .split('\n')
    .filter(line => /scriptlet|^warning:|^error:|command not found/i.test(line))
  const failed = complaints.filter(line => !/^\s*Running scriptlet/.test(line))
  if (failed.length > 0)
    throw new UserError(`Scriptlets failed while the lab's root was installed:\n${failed.join('\n')}`)

  await toolchain.run(['sh', '-ec', NORMALISE], { env: { EPOCH: String(epoch) } })
  await toolchain.run(['sh', '-ec', PACK], { env: { EPOCH: String(epoch) } })
}

// Told the architecture, dnf would look whether it is this machine's.
const dnfConf = (rpmArch: string, release: number) => `[main]
arch=${rpmArch}
ignorearch=1
gpgcheck=1
install_weak_deps=0
best=1
reposdir=/nonexistent
varsdir=/nonexistent
pluginpath=/nonexistent
cachedir=/work/dnf-cache
logdir=/work/dnf-log
persistdir=/work/dnf-state
[lab]
name=lab ${release}
baseurl=file:///work/repo
gpgkey=file:///work/signing-key.pub
repo_gpgcheck=1
gpgcheck=1
`

// Scriptlets run in the new root and may write to /dev/null; the mounts end with this command's namespace.
const INSTALL = `
export GNUPGHOME=$(mktemp -d)
gpg --quiet --batch --import /work/signing-key.asc
gpg --armor --export > /work/signing-key.pub
rm -rf /work/dnf-cache /work/dnf-log /work/dnf-state
mount --bind /dev /work/root/dev
mount -t proc proc /work/root/proc
rpm --root /work/root --import /work/signing-key.pub
dnf --config /work/dnf.conf --installroot /work/root --releasever lab --assumeyes install "$0" "$@"`

// What differs from run to run: histories, caches, backups. dnf keeps its own below the new root, in /work.
const NORMALISE = `
cd /work/root
chmod 755 . dev
chmod 555 proc
rm -rf work var/cache/dnf var/lib/dnf var/log/* var/cache/ldconfig/* etc/machine-id var/lib/rpm/.rpm.lock
mkdir -m 755 var/cache/dnf var/lib/dnf
rm -f etc/passwd- etc/group- etc/shadow- etc/gshadow- etc/subuid- etc/subgid- etc/.pwd.lock
python3 - <<'PYTHON'
import sqlite3
db = sqlite3.connect('/work/root/var/lib/rpm/rpmdb.sqlite')
db.execute('PRAGMA journal_mode=DELETE')
db.execute('VACUUM')
db.close()
PYTHON
rm -f var/lib/rpm/*-wal var/lib/rpm/*-shm`

const PACK = `
tar --create --file /work/root.tar --directory /work/root --sort=name --numeric-owner \\
  --mtime=@$EPOCH --clamp-mtime --format=posix --pax-option=delete=atime,delete=ctime \\
  --xattrs --xattrs-include=security.capability .`
