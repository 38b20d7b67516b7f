import type { FileEntry } from './oci/files.ts'

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

/** One finished image on one platform, read from its `dist/`. */
export interface BuiltImage {
  readonly name: string
  /** `linux/amd64` */
  readonly platform: string
  /** `sha256:…` of the manifest. */
  readonly digest: string
  readonly config: ImageConfig
  /** Compressed bytes of each layer, lowest first. */
  readonly layerSizes: readonly number[]
  /** Every path of the final root filesystem (all layers applied). */
  readonly files: ReadonlyMap<string, FileEntry>
  /** Content of a file; hardlinks and symlinks (inside the image) are followed. Throws UserError if there is none. */
  read(path: string): Buffer
}
