import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { build } from '../acts.ts'
import type { FaultBench } from '../bench.ts'
import type { Act, Fault } from '../fault.ts'

const image = 'faulty'

/** An image that copies files of its folder: what lies there and how must say nothing in it, but for content and names. */
const act = (source: string): Act => ({
  ...build(image),
  name: `build an image with COPY ${source}`,
  prepare: bench => layOut(bench.path('images', image), source),
})

const copiesFiles = act('files/ /x/')
const copiesAll = act('. /x/')

function layOut(folder: string, source: string): void {
  rmSync(folder, { recursive: true, force: true })
  const files: Record<string, string> = {
    'package.json': `${JSON.stringify({ name: image, version: '0.0.0', private: true, dependencies: { 'minimal-base': '*' } })}\n`,
    Dockerfile: `# An image.\nFROM minimal-base\nCOPY ${source}\nUSER 65532\n`,
    'files/text': 'text\n',
    'files/again': 'text\n',
    'files/data.log': 'logged\n',
    'files/below/deep': 'deep\n',
    'files/tool': '#!/tool\n',
  }
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), content, { mode: 0o644 })
  }
  chmodSync(join(folder, 'files/tool'), 0o755)
}

/** How a checkout may look that has the same content. Each gets the folder of the image. */
const looks: Readonly<Record<string, (folder: string, bench: FaultBench) => void>> = {
  'mode 600': folder => chmodSync(join(folder, 'files/text'), 0o600),
  'mode 664': folder => chmodSync(join(folder, 'files/text'), 0o664),
  'mode 444': folder => chmodSync(join(folder, 'files/text'), 0o444),
  'mode 666': folder => chmodSync(join(folder, 'files/text'), 0o666),
  'mode 700 of what is executable': folder => chmodSync(join(folder, 'files/tool'), 0o700),
  'mode 4755 of what is executable': folder => chmodSync(join(folder, 'files/tool'), 0o4755),
  'mode 700 of a folder': folder => chmodSync(join(folder, 'files/below'), 0o700),
  'mode 1777 of a folder': folder => chmodSync(join(folder, 'files/below'), 0o1777),
  'another owner': folder => chownSync(join(folder, 'files/text'), 1000, 1000),
  'a time before 1970': folder => utimesSync(join(folder, 'files/text'), -300_000_000, -300_000_000),
  'a time to come': folder => utimesSync(join(folder, 'files/text'), 4e9, 4e9),
  'two files that are one by a hard link': folder => {
    rmSync(join(folder, 'files/again'))
    linkSync(join(folder, 'files/text'), join(folder, 'files/again'))
  },
  'a file that the user ignores': (_, bench) => writeFileSync(bench.path('.git/info/exclude'), '*.log\n'),
  'a folder that an outer repository ignores': (_, bench) =>
    writeFileSync(bench.path('.git/info/exclude'), 'images/faulty\n'),
  'an empty folder': folder => mkdirSync(join(folder, 'files/empty')),
  'a pipe': folder => execFileSync('mkfifo', [join(folder, 'files/pipe')]),
  'a device': folder => execFileSync('mknod', [join(folder, 'files/null'), 'c', '1', '3']),
  'packages of npm': folder => put(join(folder, 'node_modules/x/y'), 'y'),
  'outputs of a build that was ended': folder => put(join(folder, 'work/linux_amd64/x'), 'x'),
  'outputs of an earlier build': folder => put(join(folder, 'dist/x'), 'x'),
  'what turbo and Python leave': folder => {
    put(join(folder, '.turbo/turbo-build.log'), 'x')
    put(join(folder, 'files/__pycache__/x.pyc'), 'x')
  },
  'a page and a test': folder => {
    put(join(folder, 'README.md'), 'x')
    put(join(folder, 'test.ts'), 'x')
    put(join(folder, 'files/x.test.ts'), 'x')
  },
}

/** How the two files of an image may be written, some of them so that nobody can build it. */
const texts: Readonly<Record<string, (folder: string) => void>> = {
  'a Dockerfile with CRLF': folder => edit(folder, 'Dockerfile', text => text.replaceAll('\n', '\r\n')),
  'a Dockerfile with a byte order mark': folder => edit(folder, 'Dockerfile', text => `\ufeff${text}`),
  'a Dockerfile without a last newline': folder => edit(folder, 'Dockerfile', text => text.trimEnd()),
  'a Dockerfile in small letters': folder =>
    edit(folder, 'Dockerfile', text => text.replace(/^[A-Z]+ /gm, word => word.toLowerCase())),
  'a Dockerfile with a continued FROM': folder =>
    edit(folder, 'Dockerfile', text => text.replace('FROM ', 'FROM \\\n  ')),
  'a Dockerfile with a platform': folder =>
    edit(folder, 'Dockerfile', text => text.replace('FROM ', 'FROM --platform=$TARGETPLATFORM ')),
  'a Dockerfile with a stage name': folder =>
    edit(folder, 'Dockerfile', text => text.replace('FROM minimal-base', 'FROM minimal-base AS Last')),
  'a Dockerfile with a stage that nobody uses': folder =>
    edit(folder, 'Dockerfile', text => `FROM scratch AS unused\n${text}`),
  'a Dockerfile that takes a frontend from elsewhere': folder =>
    edit(folder, 'Dockerfile', text => `# syntax=docker/dockerfile:1\n${text}`),
  'a Dockerfile with a health check': folder =>
    appendFileSync(join(folder, 'Dockerfile'), 'HEALTHCHECK CMD ["/x"]\n'),
  'a Dockerfile with an unknown word': folder => appendFileSync(join(folder, 'Dockerfile'), 'COPPY a b\n'),
  'a Dockerfile that copies what is not there': folder =>
    appendFileSync(join(folder, 'Dockerfile'), 'COPY none /none\n'),
  'a Dockerfile FROM an unknown image': folder =>
    edit(folder, 'Dockerfile', text => text.replace('minimal-base', 'minimal-bas')),
  'a package.json with CRLF': folder => edit(folder, 'package.json', text => text.replaceAll('\n', '\r\n')),
  'a package.json with a byte order mark': folder => edit(folder, 'package.json', text => `\ufeff${text}`),
  'a package.json with an unknown key': folder =>
    edit(folder, 'package.json', text => text.replace('"version"', '"image":{"buget":1},"version"')),
  'a package.json without a parent': folder =>
    edit(folder, 'package.json', text => text.replace('dependencies', 'peerDependencies')),
  'a package.json that is its own parent': folder =>
    edit(folder, 'package.json', text => text.replace('"minimal-base"', `"${image}"`)),
  'a package.json with another name': folder =>
    edit(folder, 'package.json', text => text.replace(`"${image}"`, '"other"')),
}

export function recipeFaults(): Fault[] {
  return [
    ...Object.entries(looks).map(([name, change], index) =>
      fault(
        `the copied folder has ${name}`,
        change,
        name.startsWith('output') ? copiesAll : copiesFiles,
        index === 12,
      ),
    ),
    ...Object.entries(texts).map(([name, change], index) => fault(name, change, copiesFiles, index === 0)),
  ]
}

function fault(
  name: string,
  change: (folder: string, bench: FaultBench) => void,
  act: Act,
  sample: boolean,
): Fault {
  return {
    family: 'another look of the same recipe',
    name,
    act,
    sample,
    inject(bench) {
      change(bench.path('images', image), bench)
      return { undo: () => rmSync(bench.path('.git/info/exclude'), { force: true }) }
    },
  }
}

function put(file: string, content: string): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, content)
}

function edit(folder: string, file: string, change: (text: string) => string): void {
  writeFileSync(join(folder, file), change(readFileSync(join(folder, file), 'utf8')))
}
