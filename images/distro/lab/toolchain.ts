import { createHash } from 'node:crypto'
import { cp, mkdir, readFile, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { keepFolder } from '../../../scripts/lib/content-digest.ts'
import type { Download } from '../../../scripts/lib/debian-archive.ts'
import { UserError } from '../../../scripts/lib/errors.ts'

/** A root filesystem of Debian's own tools. Paths that its commands name are paths inside it. */
export interface Toolchain {
  root: string
  /** changes with any of its files */
  identity: string
  /**
   * Runs a command inside, where /work alone can be written to and is there afterwards; nothing of the machine's
   * environment gets in, no process or mount outlives it.
   */
  run(argv: string[], options?: { cwd?: string; env?: Record<string, string> }): Promise<string>
}

export const FILES = join(import.meta.dirname, 'files')

/** What the lab is made with; apt adds what these need. */
export const TOOLS = (
  'rpm createrepo-c dnf gnupg gpg-agent python3 bash dash coreutils findutils sed grep mawk gzip tar ' +
  'xz-utils zstd cpio file binutils base-files libc-bin mount gcc libc6-dev'
).split(' ')

/** Only sonames become requires and provides: Debian's perl and python ones have no AL2023 counterpart. */
const UNUSED_ATTRIBUTES = [
  'debuginfo',
  'desktop',
  'font',
  'metainfo',
  'ocaml',
  'perl',
  'perllib',
  'pkgconfig',
  'python',
  'pythondist',
  'rpm_macro',
  'script',
]

/** Files of ours that are put into the toolchain. */
const OWN_FILES = ['rpm/usr/lib/rpm/macros.d/macros.lab', 'setup/etc/passwd', 'setup/etc/group']

/**
 * Unpacks .debs into `root`, unless exactly these are unpacked there and no byte of them has changed since. The
 * machine's own rpm, dnf and tar have no part in a lab, which is what makes its bytes the same on every machine.
 * @param epoch SOURCE_DATE_EPOCH of all that is made with it
 */
export async function makeToolchain(root: string, debs: Download[], epoch: number): Promise<Toolchain> {
  if (process.getuid?.() !== 0) {
    throw new UserError('The lab needs root: it keeps file owners and uses chroot. Run it as root.')
  }
  const work = join(root, 'work')
  await rm(work, { recursive: true, force: true })
  const identity = await keepFolder(root, await ingredients(debs), aside => unpack(aside, debs))
  await mkdir(work)
  const toolchain: Toolchain = {
    root,
    identity,
    run: (argv, options = {}) => runInside(root, argv, epoch, options),
  }
  await toolchain.run(['true']).catch(error => {
    throw new UserError(
      `The lab's tools in ${root} cannot be started:\n${error.all ?? error.message}\n` +
        'This takes the rights to mount and to chroot (CAP_SYS_ADMIN; in a container: --privileged), and a kernel ' +
        "that runs the lab's architecture (natively or by binfmt_misc).",
    )
  })
  return toolchain
}

/** A digest of all that decides what is in it. */
async function ingredients(debs: Download[]): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(debs.map(({ digest }) => digest)))
  for (const file of OWN_FILES) hash.update(await readFile(join(FILES, file)))
  return hash.update(await readFile(import.meta.filename)).digest('hex')
}

async function unpack(aside: string, debs: Download[]): Promise<void> {
  for (const dir of ['bin', 'sbin', 'lib', 'lib64']) {
    await mkdir(join(aside, 'usr', dir), { recursive: true })
    await symlink(`usr/${dir}`, join(aside, dir))
  }
  for (const { path } of debs) {
    const unpack = ['-x', '-C', aside, '--no-same-owner', '--keep-directory-symlink']
    await execa('dpkg-deb', ['--fsys-tarfile', path], { buffer: false }).pipe('tar', unpack)
  }
  // What maintainer scripts would have done.
  await symlink('mawk', join(aside, 'usr/bin/awk'))
  for (const file of ['passwd', 'group']) await cp(join(FILES, 'setup/etc', file), join(aside, 'etc', file))
  await mkdir(join(aside, 'usr/lib/rpm/macros.d'), { recursive: true })
  await cp(join(FILES, 'rpm/usr/lib/rpm/macros.d'), join(aside, 'usr/lib/rpm/macros.d'), { recursive: true })
  for (const kind of UNUSED_ATTRIBUTES) {
    await rm(join(aside, `usr/lib/rpm/fileattrs/${kind}.attr`), { force: true })
  }
}

// In a mount and process namespace of its own: when the command ends, however it ends, the kernel takes away its
// mounts and whatever it left running (gpg-agent). $0 is the root.
// What is there was checked once, so it must not change: only /work is kept, the rest of what commands write is scratch.
const ENTER = `umask 022
mount --bind "$0" "$0" && mount --bind "$0/work" "$0/work" && mount -o remount,bind,ro "$0"
for scratch in tmp root run var; do mount -t tmpfs -o mode=755 scratch "$0/$scratch" || exit; done
chmod 1777 "$0/tmp" && mkdir -p "$0/var/log" "$0/var/tmp" "$0/var/lib"
mount --bind /dev "$0/dev" && mount -t proc proc "$0/proc" && exec chroot "$0" env --chdir="$CWD" "$@"`

async function runInside(
  root: string,
  argv: string[],
  epoch: number,
  { cwd = '/', env = {} }: { cwd?: string; env?: Record<string, string> },
): Promise<string> {
  const { all } = await execa(
    'unshare',
    ['--mount', '--pid', '--fork', '--kill-child', 'sh', '-c', ENTER, root, ...argv],
    {
      all: true,
      stdin: 'ignore',
      extendEnv: false,
      maxBuffer: 1 << 28,
      env: {
        PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
        HOME: '/root',
        LC_ALL: 'C.UTF-8',
        TZ: 'UTC',
        SOURCE_DATE_EPOCH: String(epoch),
        CWD: cwd,
        ...env,
      },
    },
  )
  return all
}
