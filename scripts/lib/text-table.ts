/** One long value would push all others off the screen. */
const widest = 48

/** Rows of cells as lines, columns under each other. */
export function textTable(rows: readonly (readonly string[])[]): string[] {
  const width = (column: number) =>
    Math.min(widest, Math.max(...rows.map(cells => cells[column]?.length ?? 0)))
  return rows.map(cells =>
    cells
      .map((cell, column) => cell.padEnd(width(column)))
      .join('  ')
      .trimEnd(),
  )
}
