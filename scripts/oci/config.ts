/** The part of an OCI image configuration that a container runtime acts on. */
export interface ImageConfig {
  readonly architecture: string
  readonly os: string
  readonly created: string
  readonly config: {
    readonly User?: string
    readonly Env?: readonly string[]
    readonly Cmd?: readonly string[]
    readonly Entrypoint?: readonly string[]
    readonly WorkingDir?: string
    readonly Labels?: Readonly<Record<string, string>>
  }
  readonly rootfs: { readonly type: 'layers'; readonly diff_ids: readonly string[] }
  readonly history?: readonly { readonly created: string; readonly created_by: string }[]
}

type RuntimeConfig = ImageConfig['config']
const kept = [
  'User',
  'ExposedPorts',
  'Env',
  'Entrypoint',
  'Cmd',
  'Volumes',
  'WorkingDir',
  'Labels',
  'StopSignal',
] as const

/**
 * The configuration both engines agree on: what a runtime acts on, without the engine's own labels, its history (it
 * holds paths of the machine) and the time of the build. `epoch` in seconds.
 */
export function canonicalConfig(made: ImageConfig, diffIds: readonly string[], epoch: number): ImageConfig {
  const created = new Date(epoch * 1000).toISOString().replace('.000Z', 'Z')
  const history = diffIds.map(() => ({ created, created_by: 'eks-distro-base' }))
  return {
    architecture: made.architecture,
    os: made.os,
    created,
    config: runtimeConfig({ ...made.config, Env: sorted(made.config.Env) }),
    rootfs: { type: 'layers', diff_ids: diffIds },
    history,
  }
}

function runtimeConfig(config: Readonly<Record<string, unknown>>): RuntimeConfig {
  const entries = kept.map(key => [key, key === 'Labels' ? labels(config.Labels) : config[key]] as const)
  return Object.fromEntries(
    entries.filter(([key, value]) => isSaid(value) && !(key === 'WorkingDir' && value === '/')),
  )
}

/** Where a variable goes that is set again, the engines disagree. */
const sorted = (variables: readonly string[] = []) => [...variables].sort()

function labels(value: unknown): Record<string, string> {
  const all = Object.entries((value ?? {}) as Record<string, string>)
  return Object.fromEntries(all.filter(([key]) => key !== 'io.buildah.version').sort())
}

function isSaid(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return false
  return typeof value !== 'object' || Object.keys(value).length > 0
}
