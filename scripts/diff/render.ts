import { showBytes } from '../lib/bytes.ts'
import { inMarkdown, printable } from '../lib/printable.ts'
import { textTable } from '../lib/text-table.ts'
import type { Change } from './changes.ts'
import { fold } from './fold.ts'
import type { Difference, Group, SizeChange } from './group.ts'

type Folded = ReturnType<typeof fold>[number]

/** For a terminal. */
export function renderText(difference: Difference): string {
  const blocks = difference.groups.map(group => [
    `${heading(group, difference, printable)}:`,
    ...textTable(fold(group.changes).map(row)).map(line => `  ${line}`),
  ])
  const sizes = textTable(difference.sizes.map(sizeRow)).map(line => `  ${line}`)
  return [
    [summary(difference, printable), ...onlyOn(difference, printable)],
    ...blocks,
    ...(sizes.length > 0 ? [['sizes:', ...sizes]] : []),
  ]
    .map(lines => lines.join('\n'))
    .join('\n\n')
}

/** For a pull request. */
export function renderMarkdown(difference: Difference): string {
  const blocks = difference.groups.map(group => [
    `### ${heading(group, difference, inMarkdown)}`,
    '',
    ...markdownTable(['', 'what', 'change', 'size'], fold(group.changes).map(row)),
  ])
  const sizes = markdownTable(['image', 'download', '', 'installed', ''], difference.sizes.map(sizeRow))
  return [
    [summary(difference, inMarkdown), ...onlyOn(difference, inMarkdown).map(line => `\n${line}`)],
    ...blocks,
    ...(difference.sizes.length > 0 ? [['### sizes', '', ...sizes]] : []),
  ]
    .map(lines => lines.join('\n'))
    .join('\n\n')
}

/** How a name that others may have chosen is written. */
type Write = (name: string) => string

function summary({ before, after, compared, groups }: Difference, write: Write): string {
  const changed = new Set(groups.flatMap(({ images }) => images)).size
  const images = `${compared} image${compared === 1 ? '' : 's'}`
  return `${write(before)} → ${write(after)}: ${changed} of ${images} changed`
}

function onlyOn({ before, after, onlyBefore, onlyAfter }: Difference, write: Write): string[] {
  const names = (images: readonly string[]) => images.map(write).join(', ')
  return [
    ...(onlyBefore.length > 0 ? [`only in ${write(before)}: ${names(onlyBefore)}`] : []),
    ...(onlyAfter.length > 0 ? [`only in ${write(after)}: ${names(onlyAfter)}`] : []),
  ]
}

function heading({ images }: Group, { compared, groups }: Difference, write: Write): string {
  const names = (some: readonly string[]) => some.map(write).join(', ')
  if (compared === 1) return names(images)
  if (images.length === compared) return `all ${compared} images`
  const all = [...new Set(groups.flatMap(group => group.images))]
  const others = all.filter(image => !images.includes(image))
  if (all.length === compared && others.length < images.length / 4) return `all images but ${names(others)}`
  return names(images)
}

function row({ about, kind, what, from, to, bytes, count }: Folded): string[] {
  const subject = count === undefined ? what : `${what} (${count} files)`
  const size = bytes === undefined || bytes === 0 ? '' : `${bytes > 0 ? '+' : ''}${showBytes(bytes)}`
  return [`${about === 'package' ? '' : `${about} `}${kind}`, subject, values(from, to), size]
}

const values = (from: Change['from'], to: Change['to']) =>
  from !== undefined && to !== undefined ? `${from} → ${to}` : (from ?? to ?? '')

function sizeRow({ image, download, installed }: SizeChange): string[] {
  const change = ([from, to]: readonly [number, number]) => [
    showBytes(to),
    to === from ? '' : `(${to > from ? '+' : ''}${showBytes(to - from)})`,
  ]
  return [
    image,
    `${change(download)[0]} to download`,
    change(download)[1]!,
    `${change(installed)[0]} installed`,
    change(installed)[1]!,
  ]
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(cells => line(cells.map(inMarkdown)))]
}
