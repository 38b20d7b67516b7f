import type { ImageConfig } from '../oci/config.ts'
import type { FileEntry } from '../oci/files.ts'

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
