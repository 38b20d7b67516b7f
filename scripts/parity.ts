import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { main } from './lib/cli.ts'
import { UserError } from './lib/errors.ts'
import { readJson } from './lib/json.ts'
import { inRepo } from './lib/paths.ts'
import { listOf, mapOf, oneOf, only, text } from './lib/schema.ts'
import { type Platform, platforms } from './lib/settings.ts'
import { readYaml } from './lib/yaml.ts'
import { compareAdditions, type Difference, differencesOf, type OnPlatform } from './site/compare.ts'
import { keepText } from './site/keep-text.ts'
import { platformFolder } from './workspace/outputs.ts'
import { type Image, readWorkspace } from './workspace/workspace.ts'

const usage = `
Usage: npm run parity -- [--check]

Writes docs/parity.md: image by image, the package names in the lab's lists against those that upstream publishes for
Amazon Linux 2023, each difference with its reason from docs/parity/reasons.yaml.
`

const folder = inRepo('docs', 'parity')

await main(usage, { check: { type: 'boolean', help: 'write nothing, fail where it would' } }, async args => {
  const images = readWorkspace()
  const upstream = readJson(join(folder, 'upstream.json'), mapOf(text, listOf(text)))
  const variants = readYaml(
    join(folder, 'variants.yaml'),
    mapOf(oneOf([...images.keys()]), oneOf(Object.keys(upstream))),
  )
  const reasons = readYaml(
    join(folder, 'reasons.yaml'),
    only({ missing: mapOf(text, text), extra: mapOf(text, text), amd64: mapOf(text, text) }),
  )
  const upstreamFor = (variant: string, platform: Platform) =>
    upstream[variant]!.filter(name => platform === 'linux/amd64' || !(name in reasons.amd64))
  const compared = [...images.values()]
    .filter(({ name }) => variants[name])
    .map(image => ({
      image: image.name,
      on: platforms.map(platform => ({
        platform,
        ...compareAdditions(additionsOf(image, platform), upstreamFor(variants[image.name]!, platform)),
      })),
    }))
  const differences = compared.flatMap(({ image, on }) => differencesOf(image, on, reasons))
  const silent = differences.filter(({ reason }) => !reason)
  if (silent.length > 0) {
    const lines = silent.map(({ image, kind, name }) => `  ${image}: ${name} is ${kind}`)
    throw new UserError(`differences without a reason in docs/parity/reasons.yaml:\n${lines.join('\n')}`)
  }
  keepText(
    inRepo('docs', 'parity.md'),
    page(compared, differences, reasons.amd64),
    args.flags.check === true,
    'npm run parity',
  )
})

/** The names of an image's packages that its parent has not got. */
function additionsOf(image: Image, platform: Platform): string[] {
  const parent = image.parent ? namesIn(image.parent, platform) : new Set<string>()
  return [...namesIn(image.name, platform)].filter(name => !parent.has(name)).sort()
}

/** `gpg-pubkey` stands for all keys. */
function namesIn(image: string, platform: Platform): Set<string> {
  const file = inRepo('packages-lists', 'lab', platformFolder(platform), image)
  if (!existsSync(file))
    throw new UserError(
      `${file} is missing: run 'DISTRO=lab PLATFORMS=${platform} npx turbo run export-packages'`,
    )
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean)
  return new Set(lines.map(line => line.split('-').slice(0, -2).join('-')))
}

interface Compared {
  readonly image: string
  readonly on: readonly OnPlatform[]
}

function page(
  compared: readonly Compared[],
  differences: readonly Difference[],
  amd64: Readonly<Record<string, string>>,
): string {
  const rows = compared.map(({ image, on }) =>
    [image, ...on.flatMap(({ same, missing, extra }) => [same, missing.length, extra.length])].join(' | '),
  )
  const sections = compared.flatMap(({ image }) => {
    const own = differences.filter(one => one.image === image)
    const lines = own.map(
      ({ name, kind, on, reason }) => `- \`${name}\` is ${kind}${on ? ` on ${on}` : ''}: ${reason}`,
    )
    return own.length > 0 ? [`\n### ${image}\n\n${lines.join('\n')}\n`] : []
  })
  const only = Object.entries(amd64).map(([name, reason]) => `- \`${name}\`: ${reason}\n`)
  return `# Parity with upstream's images

What an image adds to its parent, by package name: the lab's release 1 against what upstream publishes for Amazon Linux
2023. Written by \`npm run parity\`; the reasons are in [parity/reasons.yaml](parity/reasons.yaml).

| image | amd64: same | missing here | extra here | arm64: same | missing here | extra here |
| --- | --- | --- | --- | --- | --- | --- |
${rows.map(row => `| ${row} |\n`).join('')}
## Where the architectures differ

Packages that only the images for amd64 have, here as upstream:

${only.join('')}
## Where the images differ from upstream's
${sections.join('')}`
}
