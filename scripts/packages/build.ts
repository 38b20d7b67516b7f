import { installed } from '../lib/installed.ts'
import { inRepo } from '../lib/paths.ts'
import { perform } from '../lib/run.ts'
import { choiceForTurbo } from '../lib/settings.ts'
import type { Image } from '../workspace/workspace.ts'

/** Builds what is not built, or not of today's sources: else reports would tell of images that were. Turbo knows. */
export async function buildImages(images: readonly Image[]): Promise<void> {
  const filters = images.map(({ name }) => `--filter=${name}`)
  console.error(`building what is not built of ${images.length} images`)
  await perform('building the images', {
    // As it comes: turbo would keep the output of an image until it is built.
    argv: [installed('turbo'), 'run', 'build', '--output-logs=new-only', '--log-order=stream', ...filters],
    cwd: inRepo(),
    env: choiceForTurbo(),
  })
}
