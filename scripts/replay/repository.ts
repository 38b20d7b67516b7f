import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inRepo } from '../lib/paths.ts'
import { contentFrom } from './content.ts'
import type { Database } from './recorded.ts'
import { rpmFile } from './rpm-file.ts'

/** A Debian root with rpm, dnf and createrepo_c; `run` runs a command inside, where /work is what `root`/work holds. */
export interface Tools {
  readonly root: string
  run(argv: string[]): Promise<string>
}

/** Makes the tools' /work/repo, a signed repository of what a database records and of stand-ins, and /work/keys. */
export async function makeRepository(tools: Tools, { packages, keys }: Database): Promise<void> {
  const work = join(tools.root, 'work')
  for (const folder of ['repo', 'keys']) mkdirSync(join(work, folder))
  const content = contentFrom(tools.root, packages, ownContent())
  for (const one of packages) writeFileSync(join(work, 'repo', `${one.nevra}.rpm`), rpmFile(one, content))
  for (const [index, key] of keys.entries()) writeFileSync(join(work, 'keys', `recorded-${index}`), key)
  cpSync(join(import.meta.dirname, 'stand-ins.spec'), join(work, 'stand-ins.spec'))
  cpSync(inRepo('images', 'distro', 'lab', 'signing-key.asc'), join(work, 'signing-key.asc'))
  await tools.run(['sh', '-ec', MAKE])
}

/** By path, the files of content/: what programs or scriptlets read, in our own words. */
function ownContent(): Map<string, string> {
  const folder = join(import.meta.dirname, 'content')
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(entry =>
    entry.isFile(),
  )
  const files = entries.map(entry => join(entry.parentPath, entry.name))
  return new Map(files.map(file => [file.slice(folder.length), readFileSync(file, 'utf8')]))
}

// Each rpmsign has a keyring of its own: one gpg-agent signs one thing at a time.
const MAKE = `
export GNUPGHOME=$(mktemp -d)
gpg --quiet --batch --import /work/signing-key.asc
gpg --armor --export > /work/keys/replay
rpmbuild -bb --quiet --define '_topdir /tmp/build' --define '_rpmdir /work/repo' \\
  --define '_build_name_fmt %%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm' /work/stand-ins.spec
cd /work/repo
cat > /tmp/sign <<'SIGN'
export GNUPGHOME=$(mktemp -d)
gpg --quiet --batch --import /work/signing-key.asc
rpmsign --define '__gpg /usr/bin/gpg' --define '_gpg_name eks-distro-base lab' --addsign "$@"
SIGN
ls *.rpm | xargs -P $(nproc) -n 30 sh -e /tmp/sign
createrepo_c --quiet --no-database --general-compress-type=gz .
gpg --quiet --batch --armor --detach-sign repodata/repomd.xml`
