import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, describe, test } from 'node:test'
import type { BuiltImage } from '../scripts/image/built-image.ts'
import { openImage } from '../scripts/image/open.ts'
import { packagesOf } from '../scripts/image/packages-of.ts'
import { chosenPlatforms } from '../scripts/lib/settings.ts'
import { nvra } from '../scripts/rpm/package.ts'
import { trivy } from '../scripts/testing/scanner.ts'
import { tellingImages } from '../scripts/testing/telling.ts'
import { findImage, type Image, readWorkspace } from '../scripts/workspace/workspace.ts'

const images = readWorkspace()
const platform = chosenPlatforms()[0]!
const folder = mkdtempSync(join(tmpdir(), 'scanner-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const open = (image: Image) => openImage(images, image, platform)

describe('Trivy finds the packages that an image has', () => {
  // What differs between the others of a recipe is which packages it names.
  for (const image of tellingImages(images).map(name => findImage(images, name))) {
    if (image.internal) continue
    test(image.name, async () => {
      const opened = await open(image)
      const { packages } = scan(unpack(opened))
      assert.deepEqual(packages, (await packagesOf(opened)).map(nvra).sort())
    })
  }
})

test('Trivy knows Amazon Linux by its system-release, and then gives package URLs', async () => {
  const root = unpack(await open(findImage(images, 'minimal-base')))
  rmSync(join(root, 'etc/system-release'), { force: true })
  writeFileSync(join(root, 'etc/system-release'), 'Amazon Linux release 2023.12.20260803 (Amazon Linux)\n')
  const { os, urls } = scan(root)
  assert.match(os, /^amazon 2023/)
  assert.ok(
    urls.some(url => url.startsWith('pkg:rpm/amazon/tzdata@')),
    urls.join('\n'),
  )
})

/** The whole root filesystem in a folder; owners and modes do not matter to a scanner. */
function unpack(image: BuiltImage): string {
  const root = mkdtempSync(join(folder, 'root-'))
  for (const { path, type, link } of image.files.values()) {
    const target = join(root, path)
    if (type === 'dir') mkdirSync(target, { recursive: true })
    else mkdirSync(dirname(target), { recursive: true })
    if (type === 'symlink') symlinkSync(link!, target)
    if (type === 'file') writeFileSync(target, image.read(path))
  }
  return root
}

interface Component {
  readonly type: string
  readonly name: string
  readonly version?: string
  readonly purl?: string
  readonly properties?: readonly { readonly name: string; readonly value: string }[]
}

/** Without a network: it needs no list of vulnerabilities to list packages. */
function scan(root: string): { packages: string[]; os: string; urls: string[] } {
  const argv = ['--quiet', 'rootfs', '--format', 'cyclonedx', '--offline-scan', '--skip-db-update', root]
  const output = execFileSync(trivy, argv, { encoding: 'utf8', stdio: 'pipe', maxBuffer: 256 << 20 })
  const { components } = JSON.parse(output) as { components: Component[] }
  const property = ({ properties = [] }: Component, name: string) =>
    properties.find(one => one.name === `aquasecurity:trivy:${name}`)?.value
  const found = components.filter(one => property(one, 'PkgID'))
  const os = components.find(({ type }) => type === 'operating-system')
  return {
    // `NAME@VERSION-RELEASE.ARCH`; a key has no architecture.
    packages: found
      .map(one =>
        property(one, 'PkgID')!
          .replace('@', '-')
          .replace(/\.(None)?$/, ''),
      )
      .sort(),
    os: `${os?.name} ${os?.version}`,
    urls: found.map(({ purl = '' }) => purl),
  }
}
