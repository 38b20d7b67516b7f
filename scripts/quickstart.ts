import { $ } from 'zx'
import { builtOf, layoutsOf } from './build/dist.ts'
import { openImage } from './image/open.ts'
import { packagesOf } from './image/packages-of.ts'
import { main, print } from './lib/cli.ts'
import { UserError } from './lib/errors.ts'
import { installed } from './lib/installed.ts'
import { repoRoot } from './lib/paths.ts'
import { choiceForTurbo, chosenPlatforms, type Platform } from './lib/settings.ts'
import { filesList, readFiles } from './oci/file-list.ts'
import { readImage } from './oci/layout.ts'
import { platformFolder } from './workspace/outputs.ts'
import { type Image, imageThatIs, readWorkspace } from './workspace/workspace.ts'

const usage = `
Usage: npm run quickstart

From a fresh clone to an image: installs what is missing, builds a first image and shows what came out.
`

await main(usage, {}, async () => {
  const images = readWorkspace()
  const first = imageThatIs('first', images)
  const env = { ...process.env, ...choiceForTurbo() }
  const show = $({ stdio: 'inherit', cwd: repoRoot, nothrow: true, env })
  for (const command of [
    ['node', '--import', 'tsx', 'scripts/setup.ts', '--yes'],
    [installed('turbo'), 'run', 'build', `--filter=${first.name}`],
  ]) {
    const { exitCode } = await show`${command}`
    if (exitCode !== 0) throw new UserError(`'${command.join(' ')}' failed; the lines above say why`)
  }
  for (const platform of chosenPlatforms()) {
    print(`\n${await describeImage(images, first, platform)}`)
  }
  print(`
Run something in it:  npx tsx scripts/run.ts ${first.name} -- /usr/bin/getent passwd nobody
See what it holds:    less images/${first.name}/dist/${platformFolder(chosenPlatforms()[0]!)}/files.jsonl
Build it again:       npx turbo run build --filter=${first.name}`)
})

/** A built image in a few lines: digest, sizes, packages. */
async function describeImage(
  images: ReadonlyMap<string, Image>,
  image: Image,
  platform: Platform,
): Promise<string> {
  const { digest, manifest } = readImage(layoutsOf(images, image, platform), platform)
  const files = readFiles(filesList(builtOf(image, platform)))
  const layers = manifest.layers.map(({ size }) => megabytes(size))
  const packages = await packagesOf(await openImage(images, image, platform))
  const rows = [
    ['image', `${image.name} ${platform}`],
    ['digest', digest],
    [
      'download',
      `${megabytes(manifest.layers.reduce((sum, { size }) => sum + size, 0))} (layers: ${layers.join(', ')})`,
    ],
    [
      'packages',
      packages
        .map(({ name }) => name)
        .sort()
        .join(' '),
    ],
    [
      'installed',
      `${megabytes(files.reduce((sum, { size }) => sum + size, 0))} in ${files.length} files and folders`,
    ],
  ]
  return rows.map(([what, value]) => `${what!.padEnd(11)}${value}`).join('\n')
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}
