const units = ['KiB', 'MiB', 'GiB']

/** `9.1 MiB`, for people; one decimal below 10, none above. */
export function showBytes(bytes: number): string {
  let value = Math.abs(bytes)
  let unit = 'B'
  for (const next of units) {
    if (value < 1000) break
    value /= 1024
    unit = next
  }
  const digits = unit === 'B' || value >= 10 ? 0 : 1
  return `${bytes < 0 ? '−' : ''}${value.toFixed(digits)} ${unit}`
}
