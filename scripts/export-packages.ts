import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { main, print } from './lib/cli.ts'
import { UserError } from './lib/errors.ts'
import { chosenDistro, chosenPlatforms } from './lib/settings.ts'
import { buildImages } from './packages/build.ts'
import {
  describeStates,
  isCurrent,
  type ListState,
  listState,
  removeList,
  staleLists,
  writeList,
} from './packages/export.ts'
import { pulledPackages } from './registry/pulled.ts'
import { formatList } from './rpm/package-list.ts'
import { publishedImages } from './workspace/published.ts'
import { readWorkspace } from './workspace/workspace.ts'

const usage = `
Usage: npx turbo run export-packages
       npx tsx scripts/export-packages.ts [IMAGE…] [--check]
       npx tsx scripts/export-packages.ts --reference HOST/REPOSITORY:TAG

Writes the package lists, packages-lists/<distro>/linux_<arch>/<image>, from what the images' own rpm databases say;
without a name, of every published image. What is not built is built first.

DISTRO, ENGINE and PLATFORMS choose what is built; unset, the choice of 'npm run setup' holds.
`

const options = {
  check: { type: 'boolean', help: 'write nothing, fail where a list is not as its image' },
  reference: { type: 'string', help: 'print the list of an image in a registry' },
} as const

await main(usage, options, async ({ words, flags, values }) => {
  if (values.reference !== undefined) return await printList(values.reference)
  const workspace = readWorkspace()
  const published = publishedImages(workspace)
  const images = publishedImages(workspace, words)
  await buildImages(images)
  const states = chosenPlatforms().flatMap(platform =>
    images.map(image => listState(image, platform, chosenDistro())),
  )
  const stale =
    words.length > 0 ? [] : chosenPlatforms().flatMap(one => staleLists(published, one, chosenDistro()))
  if (flags.check) check(states, stale)
  else write(states, stale)
})

async function printList(reference: string): Promise<void> {
  const layout = mkdtempSync(join(tmpdir(), 'eks-distro-base-'))
  try {
    print(formatList(await pulledPackages(reference, chosenPlatforms()[0]!, layout)).trimEnd())
  } finally {
    rmSync(layout, { recursive: true, force: true })
  }
}

function write(states: readonly ListState[], stale: readonly string[]): void {
  const changed = states.filter(state => !isCurrent(state))
  for (const state of changed) writeList(state)
  for (const file of stale) removeList(file)
  for (const line of describeStates(changed)) print(line)
  for (const file of stale) print(`removed ${file}: there is no such image any more`)
  print(`${states.length} package lists, ${changed.length} of them written`)
}

function check(states: readonly ListState[], stale: readonly string[]): void {
  const wrong = states.filter(state => !isCurrent(state))
  for (const line of describeStates(wrong)) print(line)
  for (const file of stale) print(`${file}: there is no such image any more`)
  if (wrong.length + stale.length > 0) {
    throw new UserError(
      `${wrong.length + stale.length} package lists are not as their images; if the change is wanted, run ` +
        "'npx turbo run export-packages' and commit what it writes",
    )
  }
  print(`${states.length} package lists are as their images`)
}
