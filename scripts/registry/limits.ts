/** How much, and for how long, is taken from a registry. Times in ms, sizes in bytes. */
export interface Limits {
  /** No byte for so long means that none will come. */
  readonly silence: number
  /** In each `window` so many bytes a second must come, on average: bodies that drip never end. */
  readonly window: number
  readonly slowest: number
  /** One answer that is held in memory, with all tries. */
  readonly end: number
  /** One blob, with all tries. */
  readonly longest: number
  readonly tries: number
  /** Before the second try; doubled before each further one. */
  readonly pause: number
  readonly redirects: number
  readonly manifest: number
  readonly config: number
  readonly token: number
  /** Layers of one image, and the bytes of all of them. */
  readonly layers: number
  readonly image: number
  /** Manifests that are looked at to find the one for a platform. */
  readonly lookups: number
}

export const usualLimits: Limits = {
  silence: 30_000,
  window: 60_000,
  slowest: 1024,
  end: 120_000,
  longest: 3_600_000,
  tries: 5,
  pause: 500,
  redirects: 5,
  // What the distribution specification lets a registry refuse.
  manifest: 4 << 20,
  config: 8 << 20,
  token: 1 << 20,
  layers: 512,
  image: 32 * 2 ** 30,
  lookups: 32,
}

/** For questions that somebody waits for: a few seconds tell whether there is an answer. */
export const promptLimits: Limits = { ...usualLimits, silence: 5000, end: 7000, tries: 2 }
