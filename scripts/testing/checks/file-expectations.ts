import type { BuiltImage } from '../../image/built-image.ts'
import { lookUp } from '../../image/resolve.ts'
import type { FileEntry } from '../../oci/files.ts'

/** What must stand at a path. Of the keys, those that are given must match. */
export type FileExpectation =
  | 'absent'
  | 'present'
  | {
      readonly type?: FileEntry['type']
      readonly mode?: number
      readonly uid?: number
      readonly gid?: number
      /** Target of a symlink as written. */
      readonly link?: string
      /** In bytes. */
      readonly size?: number
      /** Whole content. */
      readonly content?: string
      /** Each of these occurs in the content; links are followed. */
      readonly contains?: string | RegExp | readonly (string | RegExp)[]
    }

/** How the file differs from what is expected, in words. A link at the end of `path` is looked at itself. */
export function fileProblems(image: BuiltImage, path: string, expected: FileExpectation): string[] {
  const entry = lookUp(image.files, path)
  if (expected === 'absent') return entry ? [`there is a ${entry.type}`] : []
  if (!entry) return ['it is missing']
  if (expected === 'present') return []
  const { content, contains = [], ...attributes } = expected
  const differs = Object.entries(attributes).filter(([key, value]) => entry[key as keyof FileEntry] !== value)
  return [
    ...differs.map(
      ([key, value]) => `${key} is ${show(key, entry[key as keyof FileEntry])}, not ${show(key, value)}`,
    ),
    ...contentProblems(() => image.read(path).toString(), content, [contains].flat()),
  ]
}

const show = (key: string, value: unknown) =>
  key === 'mode' && typeof value === 'number' ? `0${value.toString(8)}` : String(value)

function contentProblems(
  read: () => string,
  content: string | undefined,
  contains: readonly (string | RegExp)[],
): string[] {
  if (content === undefined && contains.length === 0) return []
  const actual = read()
  const occurs = (part: string | RegExp) =>
    typeof part === 'string' ? actual.includes(part) : part.test(actual)
  return [
    ...(content === undefined || content === actual ? [] : [`its content is ${JSON.stringify(actual)}`]),
    ...contains.filter(part => !occurs(part)).map(part => `it does not contain ${part}`),
  ]
}
