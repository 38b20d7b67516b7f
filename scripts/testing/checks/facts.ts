/** What is true of an image on purpose. Left out means: no. */
export interface Facts {
  /** It has a shell. */
  readonly shell?: boolean
  /** It has a package manager, and so keeps what packages own and a package manager needs. */
  readonly packageManager?: boolean
  /** Paths with setuid, setgid or file capabilities: these and no others. */
  readonly privileged?: readonly string[]
  /** Paths that a package owns and the recipe removed; prefixes end in `/`. */
  readonly removed?: readonly string[]
  /** Files that no package has and the recipe makes; prefixes end in `/`. */
  readonly made?: readonly string[]
  /** Links that lead nowhere until the container runs. */
  readonly danglingLinks?: readonly string[]
  /** Common checks that make no sense for this image. */
  readonly without?: readonly CheckName[]
}

/** The checks of `common-checks.ts`. */
export type CheckName =
  | 'links'
  | 'libraries'
  | 'interpreters'
  | 'rpm database'
  | 'complete packages'
  | 'owned files'
  | 'leftovers'
  | 'shell'
  | 'package manager'
  | 'privileges'
  | 'world-writable'
  | 'configuration'
