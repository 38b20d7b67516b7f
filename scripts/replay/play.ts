import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Image } from '../workspace/workspace.ts'
import { recipeOf } from './recipe.ts'
import type { Database } from './recorded.ts'
import type { Tools } from './repository.ts'
import { readScenes } from './scenes.ts'

/** What came of one scene. */
export interface Outcome {
  readonly scene: string
  readonly exitCode: number
  /** All that its commands printed. */
  readonly log: string
  readonly validateExitCode: number
  readonly validateLog: string
  /** Names of the packages in its newroot, sorted. */
  readonly names: readonly string[]
  readonly seconds: number
}

/** Plays every scene of scenes.yaml with the in-image commands, in the tools' root and with their rpm, dnf and Python. */
export async function play(
  tools: Tools,
  { packages }: Database,
  images: ReadonlyMap<string, Image>,
  epoch: number,
): Promise<Outcome[]> {
  const scenes = Object.entries(readScenes().scenes)
  const work = join(tools.root, 'work')
  const toolchain = [...images.values()].find(image => image.toolchain)!
  cpSync(join(toolchain.dir, 'commands'), join(work, 'commands'), { recursive: true })
  writeFileSync(join(work, 'replay.repo'), repositoryFile)
  for (const [name, { on, run }] of scenes) {
    const folder = join(work, 'scenes', name)
    mkdirSync(folder, { recursive: true })
    const recipe = run === undefined ? recipeOf(images.get(name)!) : { on, copies: [], script: run }
    for (const { from, to } of recipe.copies) cpSync(from, join(folder, 'files', to), { recursive: true })
    writeFileSync(join(folder, 'on'), recipe.on ?? '')
    writeFileSync(join(folder, 'script'), recipe.script)
  }
  await tools.run([
    'sh',
    '-ec',
    STAGE,
    `${epoch}`,
    packages.map(({ name }) => name).join(' '),
    ...scenes.map(([name]) => name),
  ])
  return scenes.map(([name]) => outcomeOf(name, join(work, 'scenes', name)))
}

function outcomeOf(scene: string, folder: string): Outcome {
  const read = (file: string) => readFileSync(join(folder, file), 'utf8')
  return {
    scene,
    exitCode: Number(read('exit-code')),
    log: read('log'),
    validateExitCode: Number(read('validate-exit-code')),
    validateLog: read('validate-log'),
    names: read('names').split('\n').filter(Boolean).sort(),
    seconds: Number(read('seconds')),
  }
}

const repositoryFile = `[replay]
name=replay
baseurl=file:///work/repo
gpgcheck=1
repo_gpgcheck=1
gpgkey=file:///etc/pki/rpm-gpg/replay
`

// The tools' root may not be written to, a builder's may: an overlay is what all scenes see as theirs.
const STAGE = `
mkdir /work/stage
mount -t tmpfs -o mode=755 stage /work/stage
mkdir /work/stage/upper /work/stage/state /work/stage/root
mount -t overlay -o lowerdir=/,upperdir=/work/stage/upper,workdir=/work/stage/state overlay /work/stage/root
cd /work/stage/root
for scratch in tmp run; do mount -t tmpfs -o mode=1777 scratch $scratch; done
mount --bind /work work
mount --bind /dev dev
mount -t proc proc proc
mkdir -p newroot played etc/pki/rpm-gpg etc/yum.repos.d var/tmp
cp /work/keys/* etc/pki/rpm-gpg/
cp /work/replay.repo etc/yum.repos.d/
install -m 0755 /work/commands/bin/* usr/bin/
install -m 0644 -D -t usr/lib/newroot /work/commands/lib/newroot/*
printf 'ID=replay\\nID_LIKE="amzn fedora"\\nVERSION_ID=2023\\n' > etc/os-release.new
mv etc/os-release.new etc/os-release
cat > play <<'PLAY'
MULTIARCH=$(cd /usr/lib && echo *-linux-gnu)
export NEWROOT=/newroot DOWNLOAD_DIR=/tmp/download SOURCE_DATE_EPOCH=$1 ALL="$2"
shift 2
for scene; do
  folder=/work/scenes/$scene
  rm -rf /newroot /tmp/* /var/lib/newroot
  # Where Debian's loader looks, which the packages' own would not.
  mkdir -p /newroot/usr/lib && ln -s ../lib64 /newroot/usr/lib/$MULTIARCH
  on=$(cat $folder/on)
  if [ -n "$on" ]; then rm -rf /newroot && cp -a /played/$on /newroot; fi
  if [ -d $folder/files ]; then cp -a $folder/files/. /; fi
  start=$(date +%s)
  cd /newroot
  sh -e $folder/script > $folder/log 2>&1; echo $? > $folder/exit-code
  validate > $folder/validate-log 2>&1; echo $? > $folder/validate-exit-code
  echo $(($(date +%s) - start)) > $folder/seconds
  rpm --root /newroot -qa --qf '%{NAME}\\n' > $folder/names
  cd /
  mv /newroot /played/$scene
done
PLAY
chroot . sh /play "$0" "$@"`
