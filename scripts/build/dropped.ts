import type { Dockerfile, Stage } from '../lib/dockerfile.ts'
import { UserError } from '../lib/errors.ts'
import type { ImageConfig } from '../oci/config.ts'

/** Instructions whose result has no place in the configuration of an OCI image → what to do instead. */
const instead: Readonly<Record<string, string>> = {
  HEALTHCHECK: 'tell whoever runs the image how to ask it',
  ONBUILD: 'say it in the Dockerfiles that are built on the image',
  SHELL: 'name the shell in the ENTRYPOINT, or leave it to an earlier stage',
  MAINTAINER: 'write LABEL org.opencontainers.image.authors',
}

/**
 * Some engines would keep these and others drop them, without a word: Docker's own format of images has them. Throws
 * UserError for one that would be in the image; `file` is how the error names the Dockerfile.
 */
export function refuseDropped(file: string, { stages }: Dockerfile): void {
  for (let stage: Stage | undefined = stages.at(-1); stage; stage = stage.on) {
    const dropped = stage.instructions.find(({ keyword }) => keyword in instead)
    if (!dropped) continue
    throw new UserError(
      `${file}:${dropped.line} says ${dropped.keyword}, which OCI images do not have: ${instead[dropped.keyword]}`,
    )
  }
}

/** The same for what comes with an image that a stage is `FROM`. */
export function refuseDroppedConfig(file: string, { config }: ImageConfig): void {
  const said = config as Readonly<Record<string, unknown>>
  for (const [key, keyword] of [
    ['Healthcheck', 'HEALTHCHECK'],
    ['OnBuild', 'ONBUILD'],
    ['Shell', 'SHELL'],
  ] as const) {
    const value = said[key]
    if (value === undefined || value === null || (Array.isArray(value) && value.length === 0)) continue
    throw new UserError(
      `${file} is FROM an image that says ${keyword}, which OCI images do not have: ${instead[keyword]}`,
    )
  }
}
