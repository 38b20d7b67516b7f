import { type Command, capture, type Result } from '../../lib/run.ts'
import type { EngineName, Platform } from '../../lib/settings.ts'
import type { ImageConfig } from '../../oci/config.ts'
import type { BuildPlan } from '../plan.ts'

/** What an engine made of a plan: the config and every layer, lowest first, parents' included. */
export interface Export {
  readonly config: ImageConfig
  /** Paths of tar archives, gzipped or not. */
  readonly layers: readonly string[]
}

/** A command to run inside an image. */
export interface RunRequest {
  readonly argv: readonly string[]
  readonly user?: string
  readonly env?: Readonly<Record<string, string>>
  /** Files of this machine to be seen in the image, read only: path in the image → path here. */
  readonly add?: Readonly<Record<string, string>>
  /** Folders and sockets of this machine that it may change: path in the image → path here. */
  readonly share?: Readonly<Record<string, string>>
  /** `host` is this machine's own, loopback included; left out it has none. */
  readonly network?: 'host'
  /** Capabilities besides the engine's usual ones: `NET_ADMIN`. */
  readonly capabilities?: readonly string[]
  /** All capabilities, this machine's devices and its network: to mount and to format. */
  readonly privileged?: boolean
  /** It reads what our stdin gives it; `tty` through a terminal of its own. */
  readonly stdin?: 'pipe' | 'tty'
}

/** A container of an image that was loaded for it: what runs in it, and what takes both away. */
export interface Container {
  readonly command: Command
  /** What the engine itself adds to stderr when the program's exit code is not 0. */
  readonly remark?: RegExp
  /** Ends it, where it is no child of `command`. */
  readonly kill?: Command
  /** In this order; each may find nothing. */
  readonly remove: readonly Command[]
}

/** Runs Dockerfiles and the images made from them. A plan goes in, argv arrays come out; nothing else differs. */
export interface Engine {
  readonly name: EngineName
  /** Name and version, once it is known to answer and to be new enough; a UserError that says what to do if not. */
  probe(): Promise<string>
  /** The steps that build a plan into `work/export`. */
  build(plan: BuildPlan): Command[]
  /** Reads `work/export`. */
  readExport(plan: BuildPlan): Export
  /** Has the engine forget images that it kept to build on, by their digests. */
  forget?(digests: readonly string[]): Command[]
  /** Loads the image of a self-contained layout of one platform; on UserError nothing is left of it. */
  open(layout: string, platform: Platform, request: RunRequest): Promise<Container>
  /** Runs a command in such an image to its end. */
  run(layout: string, platform: Platform, request: RunRequest): Promise<Result>
  /** True when its steps run on this very machine, so that this machine must be able to run them. */
  isLocal(): boolean
}

/** `run` of every engine. */
export async function runToEnd({ command, remark, remove }: Container): Promise<Result> {
  try {
    const result = await capture(command)
    return { ...result, stderr: remark ? result.stderr.replace(remark, '').trimEnd() : result.stderr }
  } finally {
    await removeAll(remove)
  }
}

export async function removeAll(commands: readonly Command[]): Promise<void> {
  for (const command of commands) await capture(command)
}

/** The values of a Dockerfile's `ARG`s as the flags that all engines share. */
export function buildArgs({ epoch, image }: BuildPlan): string[] {
  const values = { SOURCE_DATE_EPOCH: `${epoch}`, ...image.args }
  return Object.entries(values).map(([name, value]) => `--build-arg=${name}=${value}`)
}

/** A request as the flags that `docker run` and `buildah run` share. */
export function runOptions(request: RunRequest): string[] {
  const { user, env = {}, add = {}, share = {}, capabilities = [], privileged } = request
  const network = request.network ?? (privileged ? 'host' : 'none')
  return [
    `--network=${network}`,
    ...(user ? [`--user=${user}`] : []),
    ...Object.entries(env).map(([key, value]) => `--env=${key}=${value}`),
    ...Object.entries(add).map(([to, from]) => `--volume=${from}:${to}:ro`),
    ...Object.entries(share).map(([to, from]) => `--volume=${from}:${to}`),
    ...capabilities.map(name => `--cap-add=CAP_${name}`),
  ]
}
