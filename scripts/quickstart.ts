import { $ } from 'zx'
import { main } from './lib/cli.ts'
import { describeImage } from './lib/describe.ts'
import { chosenPlatforms } from './lib/settings.ts'
import { findImage, readWorkspace } from './lib/workspace.ts'

const usage = `
Usage: npm run quickstart

From a fresh clone to an image: installs what is missing, builds minimal-base-glibc and shows what came out.
`

await main(usage, {}, async () => {
  const show = $({ stdio: 'inherit' })
  await show`node --import tsx scripts/setup.ts --yes`
  await show`npx turbo run build --filter=minimal-base-glibc`
  const images = readWorkspace()
  for (const platform of chosenPlatforms()) {
    console.log(`\n${await describeImage(images, findImage(images, 'minimal-base-glibc'), platform)}`)
  }
  console.log(`
Run something in it:  npx tsx scripts/run.ts minimal-base-glibc -- /usr/bin/getent passwd nobody
See what it holds:    less images/minimal-base-glibc/dist/linux_amd64/files.jsonl
Build it again:       npx turbo run build --filter=minimal-base-glibc`)
})
