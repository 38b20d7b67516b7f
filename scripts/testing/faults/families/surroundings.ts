import { writeFileSync } from 'node:fs'
import { build } from '../acts.ts'
import type { FaultBench } from '../bench.ts'
import type { Environment, Fault, Injected } from '../fault.ts'

const leaf = build('minimal-base-nonroot')
const first = build('minimal-base')

/** What no image may depend on, and steps that run see. */
const seenBySteps: Readonly<Record<string, Environment>> = {
  'the time zone is Kathmandu': { TZ: 'Asia/Kathmandu' },
  'the locale is Turkish': { LC_ALL: 'tr_TR.UTF-8', LANG: 'tr_TR.UTF-8' },
  'a proxy is set': { http_proxy: 'http://127.0.0.1:9', HTTPS_PROXY: 'http://127.0.0.1:9', no_proxy: '*' },
  'SOURCE_DATE_EPOCH is 1': { SOURCE_DATE_EPOCH: '1' },
  'options for gzip and tar are set': { GZIP: '-1', TAR_OPTIONS: '--owner=nobody --sort=none' },
}

/** The same, which only programs outside of the image see. */
const seenOutside: Readonly<Record<string, Environment>> = {
  'the time zone is nonsense': { TZ: 'Nowhere/At all' },
  'the locale is nonsense': { LC_ALL: 'xx_YY.nonsense' },
  'the locale is C': { LC_ALL: 'C' },
  'SOURCE_DATE_EPOCH is nonsense': { SOURCE_DATE_EPOCH: 'yesterday' },
  'the platform of docker is another': { DOCKER_DEFAULT_PLATFORM: 'linux/arm64' },
  'buildah writes the format of docker': { BUILDAH_FORMAT: 'docker' },
  'buildah isolates by chroot': { BUILDAH_ISOLATION: 'chroot' },
  'buildah keeps layers': { BUILDAH_LAYERS: 'true' },
  'buildah has another runtime': { BUILDAH_RUNTIME: '/none/runc' },
  'storage by another driver': { STORAGE_DRIVER: 'vfs' },
  'storage with options': { STORAGE_OPTS: 'overlay.mount_program=/none' },
  'containers with another configuration': { CONTAINERS_CONF: '/none/containers.conf' },
  'storage with another configuration': { CONTAINERS_STORAGE_CONF: '/none/storage.conf' },
  'registries with another configuration': { CONTAINERS_REGISTRIES_CONF: '/none/registries.conf' },
  'logins that are not there': { REGISTRY_AUTH_FILE: '/none/auth.json' },
  'no folder for what runs': { XDG_RUNTIME_DIR: '/none' },
  'Node for production': { NODE_ENV: 'production' },
  'Node with warnings and traces': { NODE_OPTIONS: '--trace-warnings --trace-uncaught' },
  'Node with little memory': { NODE_OPTIONS: '--max-old-space-size=64' },
  'colours are forced': { FORCE_COLOR: '3', CLICOLOR_FORCE: '1' },
  'a terminal that knows nothing': { TERM: 'dumb', COLUMNS: '1', LINES: '1' },
  'POSIX to the letter': { POSIXLY_CORRECT: '1' },
  'shells that read a file first': { ENV: '/none', BASH_ENV: '/none', CDPATH: '/', IFS: '/' },
  'git that looks elsewhere': { GIT_DIR: '/none', GIT_WORK_TREE: '/none', GIT_CONFIG_GLOBAL: '/none' },
  'the engine and distro named with a blank': { ENGINE: '', DISTRO: '', PLATFORMS: '' },
  'the platform named twice': { PLATFORMS: 'linux/amd64,linux/amd64' },
}

const umasks = ['000', '027', '077', '777']

export function surroundingsFaults(): Fault[] {
  return [
    ...Object.entries(seenBySteps).map(([name, env]) => inEnvironment(name, first, env, false)),
    ...Object.entries(seenOutside).map(([name, env], index) =>
      inEnvironment(name, leaf, env, index % 12 === 4),
    ),
    ...umasks.map(umask =>
      fault(`umask ${umask}`, umask === '077' ? first : leaf, () => shell(`umask ${umask}`)),
    ),
    ...Object.entries(configurations).map(([name, write]) => fault(name, leaf, write)),
  ]
}

/** Configuration files that machines have. */
const configurations: Readonly<Record<string, (bench: FaultBench) => Injected>> = {
  'containers are given an environment': bench =>
    configured(
      bench,
      'CONTAINERS_CONF',
      '[containers]\nenv = ["MADE=here"]\nlabel = false\numask = "0077"\ntz = "Asia/Tokyo"\n',
    ),
  'the configuration of containers is garbage': bench => configured(bench, 'CONTAINERS_CONF', '[[['),
  'the configuration of storage is garbage': bench => configured(bench, 'CONTAINERS_STORAGE_CONF', '[[['),
  'mounts of every container': bench =>
    configured(bench, 'CONTAINERS_CONF', '[containers]\nvolumes = ["/etc/hostname:/etc/from-outside:ro"]\n'),
}

function configured(bench: FaultBench, variable: string, content: string): Injected {
  const file = bench.path('configured.conf')
  writeFileSync(file, content)
  return { env: { [variable]: file } }
}

const shell = (script: string): Injected => ({ wrap: ['/bin/sh', '-c', `${script}; exec "$@"`, 'sh'] })

const inEnvironment = (name: string, act: Fault['act'], env: Environment, sample: boolean) => ({
  ...fault(name, act, () => ({ env })),
  sample,
})

const fault = (name: string, act: Fault['act'], inject: Fault['inject']): Fault => ({
  family: 'surroundings that are not as usual',
  name,
  act,
  inject,
})
