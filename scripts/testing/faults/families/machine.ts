import { lstatSync, rmSync } from 'node:fs'
import { build, exportPackages, run, size } from '../acts.ts'
import type { Act, Environment, Fault } from '../fault.ts'

interface Case {
  readonly act?: Act
  /** What a shell does before it becomes the command; `$IMAGE` is the folder of the image that is built. */
  readonly shell: string
  readonly env?: Environment
  /** In namespaces of its own, which take its mounts away. */
  readonly mounts?: boolean
  readonly sample?: boolean
}

const leaf = build('minimal-base-nonroot')
const first = build('minimal-base')

const small = (folder: string, size: string) =>
  `mkdir -p ${folder}; mount -t tmpfs -o size=${size} tmpfs ${folder}`
const readOnly = (folder: string) =>
  `mkdir -p ${folder}; mount --bind ${folder} ${folder}; mount -o remount,bind,ro ${folder}; cd "$PWD"`

const full: Readonly<Record<string, Case>> = {
  ...Object.fromEntries(
    ['4k', '16k', '64k', '256k', '1m', '3m'].map(size => [
      `${size} of room where a leaf is built`,
      { shell: small('$IMAGE/work', size), mounts: true, sample: size === '64k' },
    ]),
  ),
  ...Object.fromEntries(
    ['1m', '20m', '200m', '500m'].map(size => [
      `${size} of room where a first image is built`,
      { act: first, shell: small('$IMAGE/work', size), mounts: true },
    ]),
  ),
  'no room in TMPDIR': { shell: small('full', '4k'), env: { TMPDIR: 'full' }, mounts: true },
  'no room in TMPDIR, for run': {
    act: run,
    shell: small('full', '4k'),
    env: { TMPDIR: 'full' },
    mounts: true,
  },
  '1m of room in TMPDIR, for run': {
    act: run,
    shell: small('full', '1m'),
    env: { TMPDIR: 'full' },
    mounts: true,
  },
  'no room in /tmp': { shell: small('/tmp', '4k'), mounts: true },
  'no room for a file over 8 kB': { shell: 'ulimit -f 8' },
  'no room for a file over 1 MB': { shell: 'ulimit -f 1000' },
  'stdout on a full device': { shell: 'exec >/dev/full' },
  'stdout on a full device, for size': { act: size, shell: 'exec >/dev/full' },
}

const forbidden: Readonly<Record<string, Case>> = {
  'work/ of the image is read-only': { shell: readOnly('$IMAGE/work'), mounts: true },
  'dist/ of the image is read-only': { shell: readOnly('$IMAGE/dist'), mounts: true, sample: true },
  'the folder of the image is read-only': { shell: readOnly('$IMAGE'), mounts: true },
  'the checkout is read-only': { shell: readOnly('"$PWD"'), mounts: true },
  'the checkout is read-only, for size': { act: size, shell: readOnly('"$PWD"'), mounts: true },
  'the checkout is read-only, for export-packages': {
    act: exportPackages,
    shell: readOnly('"$PWD"'),
    mounts: true,
  },
  '/tmp is read-only': { shell: readOnly('/tmp'), mounts: true },
  '/tmp is read-only, for run': { act: run, shell: readOnly('/tmp'), mounts: true, sample: true },
  'work/ of the image is a file': { shell: 'rm -rf $IMAGE/work; : > $IMAGE/work' },
  'work/ of the image is a link to nowhere': { shell: 'rm -rf $IMAGE/work; ln -s nowhere $IMAGE/work' },
  'dist/ of the image is a mount': {
    shell: 'mount --bind $IMAGE/dist $IMAGE/dist',
    mounts: true,
  },
  'TMPDIR is not there': { act: run, shell: ':', env: { TMPDIR: '/none' } },
  'TMPDIR is not there, for a build': { shell: ':', env: { TMPDIR: '/none' } },
  'TMPDIR is a file': { act: run, shell: ': > file', env: { TMPDIR: 'file' } },
  'TMPDIR is relative': { act: run, shell: 'mkdir -p here', env: { TMPDIR: 'here' } },
  'TMPDIR has a blank and an umlaut': { act: run, shell: 'mkdir -p "$TMPDIR"', env: { TMPDIR: '/tmp/ä b' } },
  'HOME is not there': { shell: ':', env: { HOME: '/none' } },
  'HOME is not set': { shell: ':', env: { HOME: undefined } },
  'stdin is closed': { shell: 'exec <&-' },
  'stdout is closed': { shell: 'exec >&-' },
  'stderr is closed': { shell: 'exec 2>&-' },
}

const limited: Readonly<Record<string, Case>> = Object.fromEntries(
  [32, 64, 96, 128, 192].map(count => [
    `${count} files open at most`,
    { shell: `ulimit -n ${count}`, sample: count === 64 },
  ]),
)

/** Programs that are not there, or are others than one thinks. */
const programs: Readonly<Record<string, Case>> = {
  ...Object.fromEntries(
    ['gzip', 'flock', 'unshare', 'setpriv', 'buildah', 'tar', 'git', 'sh'].map(program => [
      `there is no ${program}`,
      { shell: without(program), act: program === 'gzip' ? first : leaf, sample: program === 'unshare' },
    ]),
  ),
  ...Object.fromEntries(
    ['gzip', 'tar', 'sha256sum', 'cp', 'flock', 'cat'].map(program => [
      `another ${program} comes first, and mangles`,
      { shell: instead(program, 'echo mangled; exit 0'), act: program === 'gzip' ? first : leaf },
    ]),
  ),
  'another gzip comes first, and fails': { shell: instead('gzip', 'exit 3'), act: first },
  'another gzip comes first, which is pigz': {
    shell: instead('gzip', 'exec /usr/bin/gzip -1 "$@"'),
    act: first,
  },
  'PATH is empty': { shell: 'PATH=' },
  'PATH is not set': { shell: 'unset PATH' },
}

/** A PATH of links to all programs but one. */
function without(program: string): string {
  return `d=$(mktemp -d links.XXXX); for p in /usr/bin /usr/sbin; do ln -sf $p/* $d/ || :; done; rm -f $d/${program}; PATH=$PWD/$d`
}

function instead(program: string, does: string): string {
  return `d=$(mktemp -d links.XXXX); printf '#!/bin/sh\\n%s\\n' '${does}' > $d/${program}; chmod 755 $d/${program}; PATH=$PWD/$d:$PATH`
}

const families = {
  'a full disk': full,
  'what may not be read or written': forbidden,
  'few files': limited,
  'other programs': programs,
}

export function machineFaults(): Fault[] {
  return Object.entries(families).flatMap(([family, cases]) =>
    Object.entries(cases).map(([name, one]) => toFault(family, name, one)),
  )
}

function toFault(family: string, name: string, one: Case): Fault {
  const { act = leaf, shell, env = {}, mounts = false, sample = false } = one
  const image = `images/${act.writes ?? 'minimal-base-nonroot'}`
  const script = `set -e; IMAGE="$PWD/${image}"; ${shell}; unset IMAGE; exec "$@"`
  const enter = mounts ? ['unshare', '--mount'] : []
  return {
    family,
    name,
    act,
    sample,
    inject: bench => ({
      undo: () => {
        const work = bench.path(image, 'work')
        if (!lstatSync(work, { throwIfNoEntry: false })?.isDirectory()) rmSync(work, { force: true })
      },
      env: Object.fromEntries(
        Object.entries(env).map(([key, value]) => [
          key,
          key === 'TMPDIR' && !value?.startsWith('/') ? bench.path(value!) : value,
        ]),
      ),
      wrap: [...enter, '/bin/sh', '-c', script, 'sh'],
    }),
  }
}
