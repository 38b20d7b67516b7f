import { join } from 'node:path'
import { layoutsOf } from '../build/dist.ts'
import type { RunRequest } from '../build/engines/engine.ts'
import { engineOf } from '../build/engines/index.ts'
import type { BuiltImage } from '../image/built-image.ts'
import { openImage } from '../image/open.ts'
import { message } from '../lib/cli.ts'
import { UserError } from '../lib/errors.ts'
import type { Result } from '../lib/run.ts'
import { chosenDistro, chosenEngine, type DistroName, testedImage, testedPlatform } from '../lib/settings.ts'
import { temporaryFolder } from '../lib/temporary-folder.ts'
import { assembleLayout } from '../oci/layout.ts'
import { findImage, readWorkspace } from '../workspace/workspace.ts'

export type { Result as RunResult, RunRequest }

/** The image that a test file looks at, on one platform. */
export interface TestSubject {
  readonly distro: DistroName
  readonly image: BuiltImage
  /** Runs a program in a container of the image; throws when there can be no container. */
  run(request: RunRequest): Promise<Result>
}

let subject: Promise<TestSubject> | undefined

/** The subject that `scripts/test.ts` names; the same object at each call. */
export function loadSubject(): Promise<TestSubject> {
  subject ??= load()
  return subject
}

/** For a test that asks the subject what to test: where there is none, the reason is a line and the end. */
export async function openSubject(): Promise<TestSubject> {
  try {
    return await loadSubject()
  } catch (error) {
    // Who runs the test says that it failed, and that is the error.
    console.error(message(error).replace(/^error: /, ''))
    process.exit(1)
  }
}

async function load(): Promise<TestSubject> {
  const name = testedImage()
  if (!name)
    throw new UserError(
      "a test of an image is run by 'npx tsx scripts/test.ts IMAGE', which says what to test",
    )
  const images = readWorkspace()
  return {
    distro: chosenDistro(),
    image: await openImage(images, findImage(images, name), testedPlatform()),
    run: containersOf(name),
  }
}

/**
 * Runs programs in containers of any image, as `TestSubject.run` does in those of the subject: what the subject made has
 * to run in the image that it is made for. The subject must be made on or with that image, or turbo knows nothing of it.
 */
export function containersOf(name: string): TestSubject['run'] {
  const images = readWorkspace()
  const layout = join(temporaryFolder(), 'oci')
  const platform = testedPlatform()
  assembleLayout(layoutsOf(images, findImage(images, name), platform), platform, layout)
  return request => engineOf[chosenEngine()].run(layout, platform, request)
}
