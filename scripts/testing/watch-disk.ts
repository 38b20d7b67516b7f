import { statfsSync } from 'node:fs'

/** Looks each second how full a disk is. */
export function watchDisk(path: string): { most(): number; end(): void } {
  const free = () => {
    const { bavail, bsize } = statfsSync(path)
    return (bavail * bsize) / 1e9
  }
  const first = free()
  let least = first
  const timer = setInterval(() => {
    least = Math.min(least, free())
  }, 1000)
  return {
    /** The gigabytes by which it was fuller than at first, at the fullest moment since this was last asked. */
    most() {
      const most = first - Math.min(least, free())
      least = free()
      return most
    },
    end: () => clearInterval(timer),
  }
}
