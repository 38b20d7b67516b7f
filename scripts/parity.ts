import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { main } from './lib/cli.ts'
import { UserError } from './lib/errors.ts'
import { readJson } from './lib/json.ts'
import { inRepo } from './lib/paths.ts'
import { listOf, mapOf, oneOf, only, text } from './lib/schema.ts'
import { readYaml } from './lib/yaml.ts'
import { compareAdditions, type Difference, differencesOf } from './site/compare.ts'
import { keepText } from './site/keep-text.ts'
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
    only({ missing: mapOf(text, text), extra: mapOf(text, text) }),
  )
  const compared = [...images.values()]
    .filter(({ name }) => variants[name])
    .map(image => ({
      image: image.name,
      ...compareAdditions(additionsOf(image), upstream[variants[image.name]!]!),
    }))
  const differences = differencesOf(compared, reasons)
  const silent = differences.filter(({ reason }) => !reason)
  if (silent.length > 0) {
    const lines = silent.map(({ image, kind, name }) => `  ${image}: ${name} is ${kind}`)
    throw new UserError(`differences without a reason in docs/parity/reasons.yaml:\n${lines.join('\n')}`)
  }
  keepText(
    inRepo('docs', 'parity.md'),
    page(compared, differences),
    args.flags.check === true,
    'npm run parity',
  )
})

/** The names of an image's packages that its parent has not got. */
function additionsOf(image: Image): string[] {
  const parent = image.parent ? namesIn(image.parent) : new Set<string>()
  return [...namesIn(image.name)].filter(name => !parent.has(name)).sort()
}

/** `gpg-pubkey` stands for all keys. */
function namesIn(image: string): Set<string> {
  const file = inRepo('packages-lists', 'lab', 'linux_amd64', image)
  if (!existsSync(file))
    throw new UserError(`${file} is missing: run 'DISTRO=lab npx turbo run export-packages'`)
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean)
  return new Set(lines.map(line => line.split('-').slice(0, -2).join('-')))
}

type Compared = { readonly image: string } & ReturnType<typeof compareAdditions>

function page(compared: readonly Compared[], differences: readonly Difference[]): string {
  const rows = compared.map(({ image, same, missing, extra }) =>
    [image, `${same}`, `${missing.length}`, `${extra.length}`].join(' | '),
  )
  const sections = compared
    .filter(({ missing, extra }) => missing.length + extra.length > 0)
    .map(({ image }) => {
      const own = differences.filter(one => one.image === image)
      const lines = own.map(({ name, kind, reason }) => `- \`${name}\` is ${kind}: ${reason}`)
      return `\n### ${image}\n\n${lines.join('\n')}\n`
    })
  return `# Parity with upstream's images

What an image adds to its parent, by package name: the lab's release 1 on amd64 against what upstream publishes for
Amazon Linux 2023. Written by \`npm run parity\`; the reasons are in [parity/reasons.yaml](parity/reasons.yaml).

| image | same | missing here | extra here |
| --- | --- | --- | --- |
${rows.map(row => `| ${row} |\n`).join('')}${sections.join('')}`
}
