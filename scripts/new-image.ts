import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { basename, join } from 'node:path'
import { main, print } from './lib/cli.ts'
import { UserError } from './lib/errors.ts'
import { inRepo, repoRoot } from './lib/paths.ts'
import { perform } from './lib/run.ts'
import { readImageManifest } from './workspace/manifest.ts'
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

/** Names that a Dockerfile, npm or a registry takes for something else. */
const taken = ['scratch', 'parent', 'newroot', 'repo', 'root', 'files', 'node_modules', 'favicon.ico']

await main(usage, options, async ({ words: names, values }) => {
  const [name, ...others] = names
  if (!name || others.length > 0) throw new UserError('name one image: see --help')
  checkName(name)
  const images = readWorkspace()
  const parent = values.parent ? findImage(images, values.parent) : imageThatIs('first', images)
  if (parent.internal)
    throw new UserError(
      `--parent=${parent.name}: a tool of the workshop, which no image is made on: see README`,
    )
  const contents = { binaries: wordsOf(values.binary), packages: wordsOf(values.package) }
  checkContents(contents)
  const files = {
    'package.json': manifest(name, parent),
    Dockerfile: dockerfile(name, parent.name, contents),
    'test.ts': ownTest(contents.binaries),
  }
  const folder = inRepo('images', name)
  if (existsSync(folder)) checkUnfinished(name, folder, files)
  else {
    const aside = inRepo('work', `new-image-${name}`)
    rmSync(aside, { recursive: true, force: true })
    mkdirSync(aside, { recursive: true })
    for (const [file, content] of Object.entries(files)) writeFileSync(join(aside, file), content)
    renameSync(aside, folder)
  }
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

function checkName(name: string): void {
  if (!/^[a-z0-9]+([._-][a-z0-9]+)*$/.test(name) || name.length > 128) {
    throw new UserError(
      `${name} is no name for an image: use lower-case letters, digits, and single . _ - between, 128 at most`,
    )
  }
  const isPackage = packagesOfNpm().has(`node_modules/${name}`)
  if (taken.includes(name) || isBuiltin(name) || (isPackage && !existsSync(inRepo('images', name)))) {
    const what = isPackage
      ? 'an npm package that the workshop uses'
      : 'taken for something else in Dockerfiles or by npm'
    throw new UserError(
      `${name} is no name for an image, it is ${what}: use another, as minimal-base-${name}`,
    )
  }
}

/** Keys of the lockfile: `images/NAME`, `node_modules/NAME`. */
function packagesOfNpm(): ReadonlySet<string> {
  const { packages } = JSON.parse(readFileSync(inRepo('package-lock.json'), 'utf8')) as { packages: object }
  return new Set(Object.keys(packages))
}

/** What is written into a shell's command stands for itself alone. */
function checkContents({ binaries, packages }: Contents): void {
  if (binaries.length + packages.length === 0) {
    throw new UserError('say what is in it: --binary /usr/bin/tar, --package tar, or both')
  }
  const binary = binaries.find(path => !/^(\/[\w+.@-]+)+$/.test(path) || /\/\.\.?(\/|$)/.test(path))
  if (binary !== undefined) {
    throw new UserError(
      `--binary=${binary}: give the absolute path of a file, as /usr/bin/tar, of letters, digits and + - . _ @`,
    )
  }
  const one = packages.find(word => !/^[A-Za-z0-9][\w+.-]*$/.test(word))
  if (one !== undefined) {
    throw new UserError(
      `--package=${one}: give the name of a package, as tar, of letters, digits and + - . _`,
    )
  }
}

/** A folder is taken up again where a run that was stopped left it: written, and not known to npm. */
function checkUnfinished(name: string, folder: string, files: Readonly<Record<string, string>>): void {
  if (packagesOfNpm().has(`images/${name}`)) throw new UserError(`images/${name} is there already`)
  const isOurs = Object.entries(files).every(([file, content]) => {
    const path = join(folder, file)
    return existsSync(path) && readFileSync(path, 'utf8') === content
  })
  if (isOurs) return
  throw new UserError(
    `images/${name} is there already, otherwise than this would write it, and npm does not know it: ` +
      `run 'npm install' to keep it as it is, or remove the folder and run this again`,
  )
}

interface Contents {
  readonly binaries: readonly string[]
  readonly packages: readonly string[]
}

function wordsOf(value = ''): string[] {
  return [...new Set(value.split(/\s+/).filter(Boolean))]
}

/** The parent's own, with another name: so a new image has the same tasks as its siblings. */
function manifest(name: string, parent: Image): string {
  const { version, type, scripts } = readImageManifest(parent.dir)
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

function dockerfile(name: string, parent: string, { binaries, packages }: Contents): string {
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
