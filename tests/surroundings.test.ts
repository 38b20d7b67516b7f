import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { chosenEngine } from '../scripts/lib/settings.ts'
import { Workbench } from './workbench.ts'

const image = 'minimal-base-glibc'

/** Commands that need no more than what is built, and what shows that the answer is right. */
const verbs = {
  build: { words: `${image} --dry-run`, answer: /buildah .*minimal-base-glibc/ },
  size: { words: image, answer: /^minimal-base-glibc /m },
  why: { words: `${image} glibc`, answer: /says install_rpm glibc/ },
  diff: { words: `minimal-base ${image}`, answer: /1 of 1 image changed/ },
} as const
type Verb = keyof typeof verbs

interface Surroundings {
  readonly what: string
  /** Shell, in a mount namespace of its own, that makes them; `run` is the command, `$tmp` a folder for mounts. */
  readonly shell: string
  /** Left out, the right answer has to come. */
  readonly error?: RegExp
  readonly exitCode?: number
}

/** Each for all four verbs. */
const usual: readonly Surroundings[] = [
  { what: 'stdin is closed', shell: 'run <&-' },
  { what: 'stderr is closed', shell: 'run 2>&-' },
  { what: 'language, time zone and terminal are odd', shell: 'LANG=xx_YY.KOI8 TZ=No/Where TERM=none run' },
  { what: 'there is no environment', shell: 'clean=1 run' },
  { what: 'HOME is nowhere', shell: 'HOME=/nowhere/at/all run' },
  { what: 'nobody may read new files', shell: 'umask 777; run' },
  { what: 'TMPDIR is read-only', shell: 'mount -t tmpfs -o ro none $tmp; TMPDIR=$tmp run' },
  { what: 'TMPDIR is not there', shell: 'TMPDIR=/nowhere/at/all run' },
  {
    what: 'TMPDIR is full',
    shell:
      'mount -t tmpfs -o size=4k none $tmp; head -c 9999 /dev/zero > $tmp/x 2>/dev/null; TMPDIR=$tmp run',
  },
  {
    what: 'the checkout is read-only',
    shell: 'mount --bind . . && mount -o remount,ro,bind . && cd "$PWD" && run',
  },
  { what: 'stdout is a full device', shell: 'run > /dev/full', error: /^error: .*no space left on device/ },
  {
    what: 'nobody reads stdout',
    shell: '{ sleep 0.1; run; echo $? >&3; } 3>$tmp-code | true; exit $(cat $tmp-code)',
    error: /^$/,
    exitCode: 141,
  },
  {
    what: 'few files may be open',
    shell: 'ulimit -n 64; run',
    error: /^error: this shell may have too few files open/,
  },
]

const dist = `images/${image}/dist`
const aside = (change: string) =>
  `mv ${dist} $tmp-dist; ${change}; run; code=$?; rm -rf ${dist}; mv $tmp-dist ${dist}; exit $code`

/** Each for one verb. */
const own: readonly (Surroundings & { readonly verb: Verb })[] = [
  { verb: 'size', what: 'dist is a file', shell: aside(`: > ${dist}`), error: /^error: .*dist/ },
  { verb: 'size', what: 'dist leads to itself', shell: aside(`ln -s dist ${dist}`), error: /^error: .*dist/ },
  {
    verb: 'why',
    what: 'dist is empty',
    shell: aside(`mkdir ${dist}`),
    error: /^error: .*is missing: build the image first/,
  },
  {
    verb: 'diff',
    what: 'git is missing',
    shell: 'words="HEAD~1"; PATH=$few run',
    error: /^error: the program git is not here/,
  },
  {
    verb: 'build',
    what: 'the engine is missing',
    shell: 'words=minimal-base; PATH=$few run',
    error: /^error: the program buildah is not here/,
  },
  {
    verb: 'build',
    what: 'the lock cannot be made',
    shell: `words=minimal-base; mkdir -p images/minimal-base/work; mount --bind -o ro images/minimal-base/work images/minimal-base/work; mount -o remount,ro,bind images/minimal-base/work; run`,
    error: /^error: .*images\/minimal-base\/work.*read-only file system/,
  },
  {
    verb: 'build',
    what: 'its folder for work is on a full disk',
    shell: `words=minimal-base; mkdir -p images/minimal-base/work; mount -t tmpfs -o size=4k,nr_inodes=1 none images/minimal-base/work; run`,
    error: /^error: .*no space left on device/,
  },
]

let bench: Workbench
const tmp = mkdtempSync(join(tmpdir(), 'surroundings-'))
const few = join(tmp, 'few')
before(() => {
  bench = new Workbench('surroundings')
  bench.takeDist('minimal-base', image)
  // Else what runs before a script would install all packages again.
  bench.run(['touch', 'node_modules/.package-lock.json'])
  mkdirSync(few)
  for (const name of ['sh', 'env', 'perl', 'flock']) symlinkSync(join('/usr/bin', name), join(few, name))
  symlinkSync(process.execPath, join(few, 'node'))
})
after(() => {
  bench.remove()
  rmSync(tmp, { recursive: true, force: true })
})

let count = 0
function start(verb: Verb, shell: string) {
  const folder = join(tmp, `${count++}`)
  mkdirSync(folder)
  const command = `node scripts/bootstrap.mjs scripts/${verb}.ts $words`
  // A dry run is of the engine that is a program of its own; what is built is looked at as what it was made by.
  const engine = verb === 'build' ? 'buildah' : chosenEngine()
  const script = `
    tmp=${folder} few=${few} words="${verbs[verb].words}"
    run() {
      if [ "$clean" ]; then env -i PATH="$PATH" ENGINE=${engine} DISTRO=lab ${command}; else ${command}; fi
    }
    ${shell}`
  return spawnSync(
    'unshare',
    ['--mount', ...(process.getuid?.() === 0 ? [] : ['--map-root-user']), 'sh', '-c', script],
    {
      cwd: bench.root,
      env: { ...process.env, ENGINE: engine, DISTRO: 'lab' },
      encoding: 'utf8',
    },
  )
}

function check(verb: Verb, { shell, error, exitCode = error ? 1 : 0 }: Surroundings): void {
  const { stdout, stderr, status } = start(verb, shell)
  const said = `${stdout}${stderr}`
  assert.equal(status, exitCode, said)
  assert.doesNotMatch(said, /^\s+at .*:\d+/m)
  if (error === undefined) {
    assert.match(stdout, verbs[verb].answer, said)
    return
  }
  assert.match(stderr.trim(), error)
  assert.ok(!stderr.trim().includes('\n'), stderr)
}

for (const verb of Object.keys(verbs) as Verb[]) {
  describe(`${verb} gives its answer, or one line, where`, () => {
    for (const one of usual) test(one.what, () => check(verb, one))
    for (const one of own.filter(({ verb: of }) => of === verb)) test(one.what, () => check(verb, one))
  })
}
