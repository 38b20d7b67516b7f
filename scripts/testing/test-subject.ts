import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RunRequest } from '../lib/engines/engine.ts'
import { engineOf } from '../lib/engines/index.ts'
import { UserError } from '../lib/errors.ts'
import type { BuiltImage } from '../lib/image.ts'
import { assembleLayout } from '../lib/oci/layout.ts'
import { layoutsOf } from '../lib/plan.ts'
import type { Result } from '../lib/run.ts'
import { chosenDistro, chosenEngine, type DistroName, testedImage, testedPlatform } from '../lib/settings.ts'
import { findImage, readWorkspace } from '../lib/workspace.ts'
import { openImage } from './open-image.ts'

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

async function load(): Promise<TestSubject> {
  const name = testedImage()
  if (!name)
    throw new UserError(
      "a test of an image is run by 'npx tsx scripts/test.ts IMAGE', which says what to test",
    )
  const images = readWorkspace()
  const image = findImage(images, name)
  const folder = mkdtempSync(join(tmpdir(), 'eks-distro-base-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const layout = join(folder, 'oci')
  assembleLayout(layoutsOf(images, image), testedPlatform(), layout)
  return {
    distro: chosenDistro(),
    image: await openImage(images, image, testedPlatform()),
    run: request => engineOf[chosenEngine()].run(layout, testedPlatform(), request),
  }
}
