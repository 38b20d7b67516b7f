import { printable } from '../lib/printable.ts'
import { nvra, type Package } from '../rpm/package.ts'
import type { Explanation, Weight } from './explain.ts'

/** What was asked, for the head of an answer. */
export interface Question {
  readonly image: string
  readonly platform: string
  readonly word: string
}

/** The answer as a person reads it: the request first, then each requirement down to the package. */
export function toText({ image, platform, word }: Question, answer: Explanation): string {
  const { package: one, origin, weight, requiredBy, goToo } = answer
  const of = word.startsWith('/') ? `${word} is a file of ` : ''
  const others = { bytes: sum(goToo, 'bytes'), files: sum(goToo, 'files') }
  const names = goToo.map(({ package: { name } }) => name).join(', ')
  return [
    `${of}${nvra(one)}, in ${image} ${platform}${origin.image === image ? '' : ` from ${origin.image}`}`,
    '',
    ...chain(answer).map((step, depth) =>
      answer.way && depth > 0 ? `  ${'   '.repeat(depth - 1)}└─ ${step}` : `  ${step}`,
    ),
    '',
    `  weighs     ${show(weight)}`,
    ...(requiredBy.length > 0 ? needs(answer) : ['no other package']).map(
      (need, row) => `  ${(row === 0 ? 'needed by' : '').padEnd(11)}${need}`,
    ),
    `  goes too   ${names ? `${names}: ${show(others)}` : 'nothing else'}`,
  ]
    .map(printable)
    .join('\n')
}

/** The answer as plain data. */
export function toJson({ image, platform, word }: Question, answer: Explanation): object {
  const { package: one, origin, way, unread, weight, requiredBy, goToo } = answer
  return {
    image,
    platform,
    ...(word.startsWith('/') && { file: word }),
    package: nvra(one),
    origin: origin.image,
    request: way ? { file: origin.recipe, ...way.request } : null,
    ...(unread.length > 0 && { unread: unread.map(one => ({ file: origin.recipe, ...one })) }),
    chain: (way?.steps ?? []).map(({ from, requires, to }) => ({ from: nvra(from), requires, to: nvra(to) })),
    ...weight,
    requiredBy: requiredBy.map(({ from, requires }) => ({ package: nvra(from), requires })),
    goToo: goToo.map(({ package: other, weight }) => ({ package: nvra(other), ...weight })),
  }
}

function chain({ package: one, origin, way, unread }: Explanation): string[] {
  if (!way && unread.length > 0)
    return unread.map(({ line, source }) => `cannot be read here: ${origin.recipe}:${line} ${source}`)
  if (!way) return [`nothing in ${origin.recipe} leads to it: see who needs it below`]
  const { line, command, word, maybe } = way.request
  const first = way.steps[0]?.from ?? one
  const asked =
    command === 'FROM' ? `starts from ${word}, which has ${first.name}` : `says ${command} ${word}`
  const brought = first.name === word || command === 'FROM' ? '' : `, which brings ${first.name}`
  return [
    `${origin.recipe}:${line} ${asked}${maybe ? ' under a condition' : ''}${brought}`,
    ...way.steps.map(
      ({ from, requires, to }) => `${from.name} requires ${requires}, which ${to.name} provides`,
    ),
  ]
}

/** Each package once, with the first of its reasons. */
function needs({ requiredBy }: Explanation): string[] {
  const reasons = new Map<Package, string[]>()
  for (const { from, requires } of requiredBy) reasons.set(from, [...(reasons.get(from) ?? []), requires])
  return [...reasons].map(([from, [first, ...more]]) => {
    return `${from.name} (${first}${more.length > 0 ? ` and ${more.length} more` : ''})`
  })
}

function show({ bytes, files }: Weight): string {
  const size = bytes < 1e5 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`
  return `${size} in ${files} ${files === 1 ? 'file' : 'files'}`
}

function sum(all: Explanation['goToo'], what: keyof Weight): number {
  return all.reduce((total, { weight }) => total + weight[what], 0)
}
