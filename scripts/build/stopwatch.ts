/** Seconds that each phase took since the one before: where a build's time goes. */
export function stopwatch() {
  const spent: string[] = []
  let since = performance.now()
  return {
    end(phase: string) {
      const now = performance.now()
      spent.push(`${phase} ${((now - since) / 1000).toFixed(1)} s`)
      since = now
    },
    report: () => spent.join(', '),
  }
}
