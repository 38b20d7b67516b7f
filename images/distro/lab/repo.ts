import { chmod, cp, mkdir, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { UserError } from '../../../scripts/lib/errors.ts'
import type { Toolchain } from './toolchain.ts'

export const KEY_NAME = 'eks-distro-base lab'

/** Signs RPMs of /work/rpms, `jobs` batches at a time. */
export async function signRpms(
  toolchain: Toolchain,
  files: readonly string[],
  jobs: number,
  epoch: number,
): Promise<void> {
  const batches = Array.from({ length: jobs }, (_, job) => files.filter((_, index) => index % jobs === job))
  const sign = (batch: string[]) => toolchain.run(['sh', '-ec', SIGN, ...batch], signingEnv(epoch))
  // Every batch has a keyring of its own: one gpg-agent signs one thing at a time.
  await Promise.all(batches.filter(batch => batch.length > 0).map(sign))
}

/**
 * Makes /work/repo from /work/rpms: metadata in a fixed order with a fixed time, signed, and closed.
 * @param updateInfo the advisories, as updateinfo.xml
 * @param rpmArch what rpm calls the packages' architecture
 */
export async function makeRepo(
  toolchain: Toolchain,
  updateInfo: string,
  rpmArch: string,
  epoch: number,
): Promise<void> {
  const repo = join(toolchain.root, 'work/repo')
  await rm(repo, { recursive: true, force: true })
  await mkdir(join(repo, 'Packages'), { recursive: true })
  for (const dir of [repo, join(repo, 'Packages')]) await chmod(dir, 0o755)
  const files = await rpmFiles(toolchain)
  for (const file of files) {
    await cp(join(toolchain.root, 'work/rpms', file), join(repo, 'Packages', file))
    await utimes(join(repo, 'Packages', file), epoch, epoch)
  }
  await writeFile(join(toolchain.root, 'work/list'), files.map(file => `Packages/${file}\n`).join(''))
  await toolchain.run([
    'createrepo_c',
    '--quiet',
    '--no-database',
    '--simple-md-filenames',
    '--checksum=sha256',
    '--general-compress-type=gz',
    `--revision=${epoch}`,
    '--set-timestamp-to-revision',
    '--workers=1',
    '--pkglist=/work/list',
    '/work/repo',
  ])
  await writeFile(join(toolchain.root, 'work/updateinfo.xml'), updateInfo)
  await toolchain.run(['sh', '-ec', FINISH_METADATA], signingEnv(epoch))
  await checkClosed(toolchain, rpmArch)
}

const signingEnv = (epoch: number) => ({ cwd: '/work/rpms', env: { NOW: `${epoch}!`, KEY_NAME } })

const IMPORT_KEY = `
export GNUPGHOME=$(mktemp -d)
gpg --quiet --batch --import /work/signing-key.asc`

// RSA signatures (PKCS #1 v1.5) hold nothing random, and the time in them is given: the same bytes every time.
const SIGN = `${IMPORT_KEY}
rpmsign --define "__gpg /usr/bin/gpg" --define "_gpg_name $KEY_NAME" --define "_gpg_sign_cmd_extra_args --faked-system-time $NOW" --addsign "$0" "$@"`

// modifyrepo_c has no way to be told the time.
const FINISH_METADATA = `${IMPORT_KEY}
cd /work/repo/repodata
modifyrepo_c --compress-type=gz --simple-md-filenames /work/updateinfo.xml .
sed -i "s|<timestamp>.*</timestamp>|<timestamp>\${NOW%!}</timestamp>|" repomd.xml
gpg --quiet --batch --faked-system-time "$NOW" --local-user "$KEY_NAME" --armor --detach-sign repomd.xml`

async function rpmFiles({ root }: Toolchain): Promise<string[]> {
  return (await readdir(join(root, 'work/rpms'), { recursive: true }))
    .filter(name => name.endsWith('.rpm'))
    .sort()
}

async function checkClosed(toolchain: Toolchain, rpmArch: string): Promise<void> {
  const missing = await toolchain.run(['python3', '-c', UNSATISFIED, rpmArch])
  if (!missing) return
  throw new UserError(
    `Packages of the lab require what no package of it provides:\n${missing}\n` +
      'Add the package that has it to a file of images/distro/lab/packages.',
  )
}

const UNSATISFIED = `
import dnf, sys
base = dnf.Base()
base.conf.arch, base.conf.ignorearch = sys.argv[1], True
base.conf.cachedir = '/work/closure'
base.conf.substitutions['releasever'] = '1'
base.repos.add_new_repo('lab', base.conf, baseurl=['file:///work/repo'])
base.fill_sack(load_system_repo=False)
packages = base.sack.query().available()
for requirement in sorted({str(r) for p in packages for r in p.requires}):
    if requirement.startswith('rpmlib('): continue
    if packages.filter(provides=requirement) or packages.filter(file=requirement): continue
    by = sorted(p.name for p in packages.filter(requires=requirement))
    print('  ' + requirement + ' (required by ' + ', '.join(by[:5]) + ')')
`
