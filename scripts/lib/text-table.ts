import { printable } from './printable.ts'

/** One long value would push all others off the screen. */
const widest = 48

/** Rows of cells as lines, columns under each other; a cell may hold what others wrote. */
export function textTable(cells: readonly (readonly string[])[]): string[] {
  const rows = cells.map(row => row.map(printable))
  const width = (column: number) =>
    Math.min(widest, Math.max(...rows.map(cells => cells[column]?.length ?? 0)))
  return rows.map(cells =>
    cells
      .map((cell, column) => cell.padEnd(width(column)))
      .join('  ')
      .trimEnd(),
  )
}
