import * as v from 'valibot'
import { inRepo } from '../lib/paths.ts'
import { mapOf, matching, oneOf, only } from '../lib/schema.ts'
import type { DistroName } from '../lib/settings.ts'
import { readYaml } from '../lib/yaml.ts'

/** A distro's data file, `images/distro/<name>.yaml`. */
export interface Distro {
  readonly name: DistroName
  /** The one immutable state of its repositories that everything is built from. */
  readonly release: string
  /** Seconds since 1970: no timestamp in an image is later. */
  readonly epoch: number
  /** Network of `RUN` steps: `none` where the packages lie in `dist/repo`. */
  readonly network: 'none' | 'default'
  /** The root filesystem to start from; the lab makes its own. */
  readonly image?: { readonly reference: string; readonly digest?: string }
  /** Files that pin the release and the repositories: absolute path → content. */
  readonly files: Readonly<Record<string, string>>
}

const releaseWords = 'numbers with dots between, such as 2023.12.20260803'
const epochWords = 'whole seconds since 1970'

const schema = only({
  release: matching(/^\d+(\.\d+)*$/, releaseWords),
  // What a tar header can hold.
  epoch: v.pipe(
    matching(/^\d{1,10}$/, epochWords),
    v.transform(Number),
    v.maxValue(0o77777777777, epochWords),
  ),
  network: oneOf(['none', 'default']),
  image: v.exactOptional(
    only({
      reference: matching(/^[\w.:/-]+$/, 'HOST/REPOSITORY:TAG'),
      // Setup fills it in.
      digest: v.exactOptional(
        matching(/^(sha256:[0-9a-f]{64})?$/, 'sha256: and 64 hexadecimal digits, or nothing'),
      ),
    }),
  ),
  files: v.exactOptional(
    mapOf(matching(/^(\/(?!\.\.?(\/|$))[^/]+)+$/, 'an absolute path'), v.string('the content of a file')),
  ),
})

/** Reads a distro's data file. Throws UserError for a key that is missing or unknown, so that a typo is not silence. */
export function readDistro(name: DistroName, folder = inRepo('images', 'distro')): Distro {
  const { files = {}, ...data } = readYaml(`${folder}/${name}.yaml`, schema)
  return { name, ...data, files }
}
