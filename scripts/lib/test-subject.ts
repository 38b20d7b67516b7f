import type { BuiltImage } from './image.ts'
import type { DistroName } from './settings.ts'

/** What a test runs in a container of the image. */
export interface RunRequest {
  readonly argv: readonly [string, ...string[]]
  /** As in a Dockerfile: a name or an id; the image's own if left out. */
  readonly user?: string
  /** Added to the image's. */
  readonly env?: Readonly<Record<string, string>>
  /** Path in the container → file of this machine, put there as mode 0755, owner root. */
  readonly add?: Readonly<Record<string, string>>
  readonly network?: 'none'
}

/** How it ended. A program that could not be started at all is no result: `run` throws. */
export interface RunResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** The image that a test file looks at, on one platform. */
export interface TestSubject {
  readonly distro: DistroName
  readonly image: BuiltImage
  run(request: RunRequest): Promise<RunResult>
}

/** The subject that the runner names; the same object at each call. */
export async function loadSubject(): Promise<TestSubject> {
  throw new Error('loadSubject() is not wired yet')
}
