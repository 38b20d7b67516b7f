import { UserError } from '../../lib/errors.ts'

/** The first dotted number in what a program prints of itself: `buildah version 1.28.2 (…)` → `1.28.2`. */
export function versionIn(output: string): string {
  return /\d+\.\d+(\.\d+)?/.exec(output)?.[0] ?? '0'
}

/** Throws UserError when `version` is older than `least`, numerically part by part. */
export function requireVersion(program: string, version: string, least: string): void {
  const [have, need] = [version, least].map(text => text.split('.').map(Number))
  for (let part = 0; part < need!.length; part++) {
    const difference = (have![part] ?? 0) - need![part]!
    if (difference > 0) return
    if (difference < 0) {
      throw new UserError(
        `${program} is version ${version}; ${least} or newer is needed: update it or set ENGINE to the other engine`,
      )
    }
  }
}
