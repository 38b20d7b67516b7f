import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { openImage } from '../scripts/image/open.ts'
import { chosenPlatforms } from '../scripts/lib/settings.ts'
import { packageData, readPackageData } from '../scripts/rpm/package-data.ts'
import { rpmdbPath } from '../scripts/rpm/rpmdb.ts'
import { outputOf } from '../scripts/workspace/outputs.ts'
import { readWorkspace } from '../scripts/workspace/workspace.ts'

const images = readWorkspace()
const folder = mkdtempSync(join(tmpdir(), 'rpm-agrees-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const questions = {
  packages: '%{NAME} %|EPOCH?{%{EPOCH}}:{none}| %{VERSION} %{RELEASE} %|ARCH?{%{ARCH}}:{none}| %{SIZE}\n',
  requires: '[%{=NAME} %{REQUIRENAME} %{REQUIREFLAGS} %{REQUIREVERSION}\n]',
  provides: '[%{=NAME} %{PROVIDENAME} %{PROVIDEFLAGS} %{PROVIDEVERSION}\n]',
  files: '[%{=NAME} %{FILENAMES} %{FILESIZES}\n]',
}

describe('what a build says of an image’s packages is what rpm says of its database', () => {
  for (const image of [...images.values()].filter(({ internal }) => !internal)) {
    for (const platform of chosenPlatforms()) {
      test(`${image.name} ${platform}`, async () => {
        const opened = await openImage(images, image, platform)
        writeFileSync(join(folder, 'rpmdb.sqlite'), opened.read(rpmdbPath))
        const ours = readPackageData(packageData(outputOf(image.dir, platform)))
        const dependencies = (what: 'requires' | 'provides') =>
          ours.flatMap(one =>
            one[what].map(({ name, flags, version = '' }) => `${one.name} ${name} ${flags} ${version}`),
          )
        const answers = {
          packages: ours.map(
            ({ name, epoch = 'none', version, release, arch = 'none', size }) =>
              `${name} ${epoch} ${version} ${release} ${arch} ${size}`,
          ),
          requires: dependencies('requires'),
          provides: dependencies('provides'),
          files: ours.flatMap(one => one.files.map(({ path, size }) => `${one.name} ${path} ${size}`)),
        }
        for (const [what, format] of Object.entries(questions)) {
          assert.deepEqual(answers[what as keyof typeof answers].sort(), rpm(format), what)
        }
      })
    }
  }
})

function rpm(format: string): string[] {
  const argv = ['--dbpath', folder, '--define', '_db_backend sqlite', '-qa', '--qf', format]
  const output = execFileSync('rpm', argv, { encoding: 'utf8', stdio: 'pipe', maxBuffer: 64 << 20 })
  return output.split('\n').filter(Boolean).sort()
}
