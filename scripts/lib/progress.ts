let tenthShown = 0

/** One line that is drawn over on a terminal; in a log, a line for each tenth part, so that it stays readable. */
export function showProgress(done: number, total: number, what: string): void {
  const width = 24
  const filled = total > 0 ? Math.round((done / total) * width) : 0
  const line = `[${'#'.repeat(filled)}${'.'.repeat(width - filled)}] ${done}/${total} ${what}`
  const tenth = Math.floor((done * 10) / total)
  if (process.stderr.isTTY) {
    const columns = process.stderr.columns ?? 80
    process.stderr.write(`\r\x1b[K${line.slice(0, columns - 1)}${done === total ? '\n' : ''}`)
  } else if (tenth !== tenthShown) {
    process.stderr.write(`${line}\n`)
  }
  tenthShown = tenth
}
