import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { main, print } from './lib/cli.ts'
import { UserError } from './lib/errors.ts'
import { inRepo, repoRoot } from './lib/paths.ts'
import { perform } from './lib/run.ts'
import { findImage, type Image, imageThatIs, readWorkspace } from './workspace/workspace.ts'

const usage = `
Usage: npm run new-image -- NAME [--parent IMAGE] [--binary "FILE…"] [--package "NAME…"]

Writes images/NAME/: a package.json, a Dockerfile and a test, ready for 'npx turbo run build test --filter=NAME'. No
other file changes but npm's lockfile.
`

const options = {
  parent: {
    type: 'string',
    help: 'the image that it is made on, unless it is the first that newcomers build',
  },
  binary: {
    type: 'string',
    help: 'single files to take out of their packages, with the libraries they need',
  },
  package: { type: 'string', help: 'whole packages to install' },
} as const

await main(usage, options, async ({ words: names, values }) => {
  const [name, ...others] = names
  if (!name || others.length > 0) throw new UserError('name one image: see --help')
  if (!/^[a-z0-9]+([._-][a-z0-9]+)*$/.test(name)) {
    throw new UserError(
      `${name} is no name for an image: use lower-case letters, digits, and single . _ - between`,
    )
  }
  const folder = inRepo('images', name)
  if (existsSync(folder)) throw new UserError(`images/${name} is there already`)
  const images = readWorkspace()
  const parent = values.parent ? findImage(images, values.parent) : imageThatIs('first', images)
  const binaries = wordsOf(values.binary)
  const packages = wordsOf(values.package)
  if (binaries.length + packages.length === 0) {
    throw new UserError('say what is in it: --binary /usr/bin/tar, --package tar, or both')
  }
  const relative = binaries.find(path => !path.startsWith('/'))
  if (relative) throw new UserError(`--binary=${relative}: give the absolute path of a file, as /usr/bin/tar`)
  const aside = inRepo('work', `new-image-${name}`)
  rmSync(aside, { recursive: true, force: true })
  mkdirSync(aside, { recursive: true })
  writeFileSync(join(aside, 'package.json'), manifest(name, parent))
  writeFileSync(join(aside, 'Dockerfile'), dockerfile(name, parent.name, binaries, packages))
  writeFileSync(join(aside, 'test.ts'), ownTest(binaries))
  renameSync(aside, folder)
  const install = [
    'npm',
    'install',
    '--no-audit',
    '--no-fund',
    '--prefer-offline',
    '--ignore-scripts',
  ] as const
  await perform(`telling npm of ${name}`, { argv: install, cwd: repoRoot })
  print(`images/${name} is written: 'npx turbo run build test --filter=${name}' builds and tests it`)
})

function wordsOf(value = ''): string[] {
  return value.split(/\s+/).filter(Boolean)
}

/** The parent's own, with another name: so a new image has the same tasks as its siblings. */
function manifest(name: string, parent: Image): string {
  const { version, type, scripts } = JSON.parse(readFileSync(join(parent.dir, 'package.json'), 'utf8'))
  const own = {
    name,
    version,
    private: true,
    type,
    scripts,
    dependencies: { [parent.name]: '*' },
    devDependencies: { builder: '*' },
  }
  return `${JSON.stringify(own, undefined, 2)}\n`
}

function dockerfile(name: string, parent: string, binaries: string[], packages: string[]): string {
  const steps = [
    ...(packages.length > 0 ? [`install_rpm ${packages.join(' ')}`] : []),
    ...(binaries.length > 0 ? [`install_binary ${binaries.join(' ')}`] : []),
    `cleanup ${name}`,
  ]
  return `# ${[...packages, ...binaries.map(path => basename(path))].join(', ')}, with the libraries that are linked.
FROM ${parent} AS parent

FROM builder AS newroot
COPY --from=parent / /newroot/
RUN ${steps.join(' \\\n && ')}

FROM parent
COPY --from=newroot /newroot/ /
`
}

function ownTest(binaries: readonly string[]): string {
  const files = binaries.map(path => `    '${path}': 'present',\n`).join('')
  const runs = binaries.map(
    path => `    { name: '${basename(path)} starts', argv: ['${path}', '--version'], stdout: /./ },\n`,
  )
  return `import { testImage } from '../../scripts/testing/image-test.ts'

// What the users of this image rely on, besides what holds for every image.
testImage({
${files && `  files: {\n${files}  },\n`}${runs.length > 0 ? `  run: [\n${runs.join('')}  ],\n` : ''}})
`
}
