import { inRepo } from '../lib/paths.ts'
import { perform } from '../lib/run.ts'
import type { Image } from '../workspace/workspace.ts'

/** Builds what is not built, or not of today's sources: else reports would tell of images that were. Turbo knows. */
export async function buildImages(images: readonly Image[]): Promise<void> {
  const turbo = inRepo('node_modules', '.bin', 'turbo')
  const filters = images.map(({ name }) => `--filter=${name}`)
  await perform('building the images', {
    argv: [turbo, 'run', 'build', '--output-logs=new-only', ...filters],
    cwd: inRepo(),
  })
}
