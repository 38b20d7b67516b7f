/**
 * One line that is drawn over on a terminal; in a log, a line for each tenth part, so that it stays readable.
 */
export function showProgress(done: number, total: number, what: string): void {
  const width = 24
  const filled = total > 0 ? Math.round((done / total) * width) : 0
  const line = `[${'#'.repeat(filled)}${'.'.repeat(width - filled)}] ${done}/${total} ${what}`
  if (process.stderr.isTTY) {
    process.stderr.write(
      `\r\x1b[K${line.slice(0, (process.stderr.columns ?? 80) - 1)}${done === total ? '\n' : ''}`,
    )
  } else if (done === total || Math.floor((done * 10) / total) > Math.floor(((done - 1) * 10) / total)) {
    process.stderr.write(`${line}\n`)
  }
}
