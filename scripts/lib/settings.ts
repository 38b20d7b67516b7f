import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import * as v from 'valibot'
import { nearest, UserError } from './errors.ts'
import { readJson } from './json.ts'
import { inRepo } from './paths.ts'
import { only, oneOf as picklist } from './schema.ts'

/** Where packages come from; each has a data file of its name in `images/distro/`. */
export const distros = ['al2023', 'al2', 'lab'] as const
export type DistroName = (typeof distros)[number]

/** What runs Dockerfiles. */
export const engines = ['buildkit', 'buildah'] as const
export type EngineName = (typeof engines)[number]

export const platforms = ['linux/amd64', 'linux/arm64'] as const
export type Platform = (typeof platforms)[number]

/** The platform that this machine is. */
export const nativePlatform: Platform = process.arch === 'arm64' ? 'linux/arm64' : 'linux/amd64'

/** The one that it is not. */
export const foreignPlatform: Platform = platforms.find(platform => platform !== nativePlatform)!

/** What `npm run setup` found and wrote down; a turbo input, because it decides what is built. */
export interface Choice {
  readonly distro?: DistroName
  readonly engine?: EngineName
  /** The platform that the machine is, for turbo alone: its toolchain is not what another kind of machine needs. */
  readonly machine?: Platform
}

/** File that holds the choice. Git does not track it: each machine has its own. */
export const choiceFile = inRepo('.workshop.json')

const choice = only({
  distro: v.exactOptional(picklist(distros)),
  engine: v.exactOptional(picklist(engines)),
  machine: v.exactOptional(picklist(platforms)),
})

export function recordedChoice(file = choiceFile): Choice {
  if (!existsSync(file)) return {}
  return readJson(file, choice, "delete it and run 'npm run setup' again")
}

/**
 * `DISTRO` and `ENGINE` as turbo is to see them: not at all where they say what setup recorded. Turbo hashes both the
 * words and the record, and by another hash all that is built would be built again.
 */
export function choiceForTurbo(
  named: { distro?: DistroName | undefined; engine?: EngineName | undefined } = {
    distro: namedDistro(),
    engine: namedEngine(),
  },
): Readonly<Record<'DISTRO' | 'ENGINE', string | undefined>> {
  const { distro, engine } = recordedChoice()
  const unlessRecorded = (name: string | undefined, recorded: string | undefined) =>
    name === recorded ? undefined : name
  return { DISTRO: unlessRecorded(named.distro, distro), ENGINE: unlessRecorded(named.engine, engine) }
}

/** True where `DISTRO` says what setup recorded, which is another hash to turbo than to say nothing. */
export const isNamedTwice = () => namedDistro() !== undefined && namedDistro() === recordedChoice().distro

/** The hash that turbo runs this task by, if it is turbo that does. */
export const turboTask = () => process.env.TURBO_HASH || undefined

export const startedByTurbo = () => turboTask() !== undefined

/** `DISTRO`, if it is set. */
export function namedDistro(): DistroName | undefined {
  return process.env.DISTRO ? oneOf('DISTRO', process.env.DISTRO, distros) : undefined
}

/** `DISTRO`, else what setup recorded, else al2023. */
export function chosenDistro(): DistroName {
  return namedDistro() ?? recordedChoice().distro ?? 'al2023'
}

/** `ENGINE`, if it is set. */
export function namedEngine(): EngineName | undefined {
  return process.env.ENGINE ? oneOf('ENGINE', process.env.ENGINE, engines) : undefined
}

/**
 * `ENGINE`, else what setup recorded: the first that answered. It is never probed for at build time, because
 * turbo could not see the answer and would call the other engine's image a hit.
 */
export function chosenEngine(): EngineName {
  const engine = namedEngine() ?? recordedChoice().engine
  if (engine) return engine
  throw new UserError(
    `no engine is chosen: run 'npm run setup', which takes the first that answers, or set ENGINE to ${list(engines)}`,
  )
}

/** `PLATFORMS`, comma separated; this machine's own when unset. */
export function chosenPlatforms(): readonly Platform[] {
  const named = process.env.PLATFORMS || nativePlatform
  return [...new Set(named.split(',').map(word => oneOf('PLATFORMS', word.trim(), platforms)))]
}

/**
 * The platform that toolchains are of: this machine's, whose dnf and rpm install for any. Another one, named by
 * `TOOLCHAIN_PLATFORM`, runs under an emulator, as slowly as all of a build would, and makes the same images.
 */
export function toolchainPlatform(): Platform {
  const named = process.env.TOOLCHAIN_PLATFORM
  return named ? oneOf('TOOLCHAIN_PLATFORM', named, platforms) : nativePlatform
}

/** What `scripts/test.ts` tells the process that runs the tests of one image. */
export const testedImage = () => process.env.TESTED_IMAGE || undefined
export const testedPlatform = () => oneOf('TESTED_PLATFORM', process.env.TESTED_PLATFORM ?? '', platforms)

/** Folders that programs are looked for in. */
export const searchPath = () => process.env.PATH ?? ''

/** A file that logins are kept in. */
export interface AuthFile {
  readonly file: string
  /** The caller named it: it must be as it should. */
  readonly named: boolean
  /** It must be there, too. */
  readonly needed: boolean
  /** `.dockercfg`: logins alone, without a key `auths` around them. */
  readonly legacy: boolean
}

/** Where podman, skopeo and docker keep logins, in the order of containers-auth.json(5): the first that has one counts. */
export function authFiles(): AuthFile[] {
  const { REGISTRY_AUTH_FILE, XDG_RUNTIME_DIR, XDG_CONFIG_HOME, DOCKER_CONFIG } = process.env
  const home = homedir()
  const standard = (file: string, named = false) => ({ file, named, needed: false, legacy: false })
  const runtime = XDG_RUNTIME_DIR || `/run/containers/${process.getuid?.() ?? 0}`
  return [
    REGISTRY_AUTH_FILE
      ? { ...standard(REGISTRY_AUTH_FILE, true), needed: true }
      : standard(XDG_RUNTIME_DIR ? join(runtime, 'containers/auth.json') : join(runtime, 'auth.json')),
    standard(join(XDG_CONFIG_HOME || join(home, '.config'), 'containers/auth.json')),
    DOCKER_CONFIG
      ? standard(join(DOCKER_CONFIG, 'config.json'), true)
      : standard(join(home, '.docker/config.json')),
    { ...standard(join(home, '.dockercfg')), legacy: true },
  ]
}

/**
 * Hosts, comma separated, whose token servers may see the passwords of registries in other domains, as
 * `gitlab.example.com` for `registry.example.com`.
 */
export const trustedTokenHosts = () => words(process.env.REGISTRY_TOKEN_HOSTS)

/** A proxy for https, and the hosts that are asked without it. */
export interface ProxySettings {
  readonly proxy: string | undefined
  readonly except: readonly string[]
}

/** `https_proxy`, `all_proxy` and `no_proxy`, in lower case first, as curl reads them. */
export function proxySettings(): ProxySettings {
  const { https_proxy, HTTPS_PROXY, all_proxy, ALL_PROXY, no_proxy, NO_PROXY } = process.env
  return {
    proxy: https_proxy || HTTPS_PROXY || all_proxy || ALL_PROXY || undefined,
    except: words(no_proxy || NO_PROXY),
  }
}

const words = (list = '') => list.split(/[\s,]+/).filter(word => word !== '')

/** A private git repository (`git@host:owner/name.git`) and the folder with the key to it, for the test of git. */
export const privateRepo = () => process.env.PRIVATE_REPO || undefined
export const sshKeyFolder = () => process.env.SSH_KEY_FOLDER || undefined

/** Address of a buildkitd of one's own (`tcp://…`, `unix://…`), if any. */
export const buildkitHost = () => process.env.BUILDKIT_HOST || undefined

/** The buildx builder that the caller chose, which may be on other machines. */
export const chosenBuilder = () => process.env.BUILDX_BUILDER || undefined

/** Address of the Docker daemon, if the caller names one. */
export const dockerHost = () => process.env.DOCKER_HOST || undefined

/** True when nobody is there to answer a question. */
export const unattended = () => Boolean(process.env.CI) || !process.stdin.isTTY

/** `value` if it is among `allowed`; otherwise a UserError that names `what`, the value and all that is allowed. */
export function oneOf<T extends string>(what: string, value: string, allowed: readonly T[]): T {
  if ((allowed as readonly string[]).includes(value)) return value as T
  const hint = nearest(value, allowed)[0]
  throw new UserError(`${what}=${value}: use ${list(allowed)}${hint ? ` (did you mean ${hint}?)` : ''}`)
}

function list(words: readonly string[]): string {
  return words.join(' or ')
}
