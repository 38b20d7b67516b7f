import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { builtOf } from '../build/dist.ts'
import { parseElf } from '../image/elf.ts'
import { openImage } from '../image/open.ts'
import { parseDockerfile } from '../lib/dockerfile.ts'
import { repoRoot } from '../lib/paths.ts'
import type { DistroName, Platform } from '../lib/settings.ts'
import { filesList, readFiles } from '../oci/file-list.ts'
import { packageData, readPackageData } from '../rpm/package-data.ts'
import { type Image, lineage } from '../workspace/workspace.ts'
import type { Request } from './commands.ts'
import type { Level } from './explain.ts'
import { lastFrom, readRequests } from './recipe.ts'

/** A built image and those that it is made on, nearest first. Throws UserError for one that is not built. */
export function readLevels(
  images: ReadonlyMap<string, Image>,
  image: Image,
  platform: Platform,
  distro: DistroName,
): Promise<Level[]> {
  return Promise.all(lineage(images, image).map(one => readLevel(images, one, platform, distro)))
}

async function readLevel(
  images: ReadonlyMap<string, Image>,
  image: Image,
  platform: Platform,
  distro: DistroName,
): Promise<Level> {
  const output = builtOf(image, platform)
  const file = join(image.recipe, 'Dockerfile')
  const dockerfile = parseDockerfile(readFileSync(file, 'utf8'), image.args)
  const generation = distro === 'al2' ? 'al2' : 'al2023'
  const { requests, unread } = readRequests(dockerfile, generation)
  const from = lastFrom(dockerfile)
  const packages = readPackageData(packageData(output))
  return {
    image: image.name,
    recipe: relative(repoRoot, file),
    requests,
    unread,
    ...(from && { base: { ...from, name: image.parent ?? from.name } }),
    packages,
    files: new Map(readFiles(filesList(output)).map(entry => [entry.path, entry])),
    needs: await readNeeds(images, image, platform, requests),
  }
}

/** Programs that no package brought: what they link says the file itself, so the image has to be opened. */
async function readNeeds(
  images: ReadonlyMap<string, Image>,
  image: Image,
  platform: Platform,
  requests: readonly Request[],
): Promise<Map<string, readonly string[]>> {
  const programs = requests
    .filter(({ command }) => command === 'install_deps_for_binary')
    .map(({ word }) => word)
  if (programs.length === 0) return new Map()
  const opened = await openImage(images, image, platform)
  const inside = programs.map(word => [word, word.replace(/^\/newroot(?=\/)/, '')] as const)
  return new Map(
    inside
      .filter(([, path]) => opened.files.has(path))
      .map(([word, path]) => [word, parseElf(opened.read(path))?.needed ?? []]),
  )
}
