import * as v from 'valibot'
import { UserError } from '../lib/errors.ts'
import { inRepo } from '../lib/paths.ts'
import { mapOf, matching, oneOf, only } from '../lib/schema.ts'
import type { DistroName } from '../lib/settings.ts'
import { readYaml } from '../lib/yaml.ts'

/** A distro's data file, `images/distro/<name>.yaml`. */
export interface Distro {
  readonly name: DistroName
  /** The one immutable state of its repositories that everything is built from. */
  readonly release: string
  /** Seconds since 1970, no timestamp in an image is later: the day that stands in the release, or what the file says. */
  readonly epoch: number
  /** Network of `RUN` steps: `none` where the packages lie in `dist/repo`. */
  readonly network: 'none' | 'default'
  /** The root filesystem to start from; the lab makes its own. */
  readonly image?: PinnedImage
  /** Files that pin the release and the repositories: absolute path → content. */
  readonly files: Readonly<Record<string, string>>
}

/** An image of the release: a name for people, and the digest, which alone decides what is taken. */
export interface PinnedImage {
  /** `HOST/REPOSITORY:TAG`; the tag is the release, or the release and the number of its image. */
  readonly reference: string
  /** Of the index of all platforms, or of the image of one. */
  readonly digest: string
}

const releaseWords = 'numbers with dots between, such as 2023.12.20260930'
const epochWords = 'whole seconds since 1970'

const schema = only({
  release: matching(/^\d+(\.\d+)*$/, releaseWords),
  // What a tar header can hold.
  epoch: v.exactOptional(
    v.pipe(matching(/^\d{1,10}$/, epochWords), v.transform(Number), v.maxValue(0o77777777777, epochWords)),
  ),
  network: oneOf(['none', 'default']),
  image: v.exactOptional(
    only({
      reference: matching(/^[\w.:/-]+$/, 'HOST/REPOSITORY:TAG'),
      digest: matching(/^sha256:[0-9a-f]{64}$/, 'sha256: and 64 hexadecimal digits'),
    }),
  ),
  files: v.exactOptional(
    mapOf(matching(/^(\/(?!\.\.?(\/|$))[^/]+)+$/, 'an absolute path'), v.string('the content of a file')),
  ),
})

/**
 * Reads a distro's data file. Throws UserError for a key that is missing or unknown, so that a typo is not silence, and
 * where the image is of another release than the repositories.
 */
export function readDistro(name: DistroName, folder = inRepo('images', 'distro')): Distro {
  const file = `${folder}/${name}.yaml`
  const { files = {}, epoch: said, ...data } = readYaml(file, schema)
  const { release, image } = data
  const epoch = said ?? dayOf(release)
  if (epoch === undefined) throw new UserError(`${file}: epoch is missing; use ${epochWords}`)
  if (image && !isTagOf(release, image.reference)) {
    throw new UserError(
      `${file}: image.reference is ${image.reference}; use a tag of the release, :${release} or :${release}.0, ` +
        `or move both with 'npm run pin -- ${name} RELEASE'`,
    )
  }
  return { name, ...data, epoch, files }
}

/** The day that stands in a release, as seconds since 1970: 2023.12.20260930 is of 2026-09-30. */
export function dayOf(release: string): number | undefined {
  const [, year, month, day] = /(?:^|\.)(\d{4})(\d\d)(\d\d)(?:\.|$)/.exec(release) ?? []
  const time = Date.parse(`${year}-${month}-${day}T00:00:00Z`)
  return Number.isNaN(time) ? undefined : time / 1000
}

function isTagOf(release: string, reference: string): boolean {
  const [, after] = reference.split(`:${release}`)
  return after !== undefined && /^(\.\d+)?$/.test(after)
}
