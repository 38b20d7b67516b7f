import { showBytes } from '../lib/bytes.ts'
import { textTable } from '../lib/text-table.ts'
import type { Ledger } from '../packages/ledger.ts'
import type { Measure, Measured } from './measure.ts'

/** All of it but the names of packages, which the lists have. */
export const forPrograms = ({ image, packages, ...sizes }: Measured) => ({
  image: image.name,
  budget: image.budget,
  packages: packages.length,
  ...sizes,
})

/** One line an image; `by` adds what weighs most in it. The trend is against the ledger. */
export function reportSizes(
  title: string,
  measured: readonly Measured[],
  ledger: Ledger,
  by?: Measure,
): string {
  const rows = measured.map(one => row(one, ledger))
  const table = textTable([[title, 'download', '', 'installed', '', 'packages', 'of budget'], ...rows])
  if (!by) return table.join('\n')
  return measured
    .flatMap((one, index) => [...table.slice(index === 0 ? 0 : index + 1, index + 2), ...parts(one, by)])
    .join('\n')
}

function row({ image, download, installed, packages }: Measured, { images = {} }: Ledger): string[] {
  const before = images[image.name]
  const trend = (now: number, old: number | undefined) => {
    if (old === undefined) return before ? '' : 'new'
    return now === old ? '' : `${now > old ? '+' : ''}${showBytes(now - old)}`
  }
  const { budget = {} } = image
  const shares = [share(download, budget.bytes, 'bytes'), share(packages.length, budget.packages, 'packages')]
  return [
    image.name,
    showBytes(download),
    trend(download, before?.download),
    showBytes(installed),
    trend(installed, before?.installed),
    String(packages.length),
    shares.filter(Boolean).join(', '),
  ]
}

const share = (value: number, budget: number | undefined, what: string) =>
  budget === undefined ? '' : `${Math.round((value / budget) * 100)} % of ${what}`

const shown = 12

function parts({ by, download, installed }: Measured, measure: Measure): string[] {
  const all = by[measure]
  const total = measure === 'layer' ? download : installed
  const lines = all
    .slice(0, shown)
    .map(({ what, bytes }) => [
      `  ${showBytes(bytes).padStart(8)}`,
      `${Math.round((bytes / total) * 100)} %`,
      what,
    ])
  const more = all.length > shown ? [`  … and ${all.length - shown} more`] : []
  return [...textTable(lines), ...more]
}
