import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { Spec, Validation } from '@cyclonedx/cyclonedx-library'
import { Ajv } from 'ajv'
import { parseOsRelease } from '../oci/os-release.ts'
import type { Package } from '../rpm/package.ts'
import { cycloneDx } from './cyclonedx.ts'
import { spdxExpression } from './licence.ts'
import { spdx } from './spdx.ts'
import { evr, imageUrl, packageUrl, type Subject, uuidOf } from './subject.ts'

const pack = (name: string, more: Partial<Package> = {}): Package => ({
  name,
  version: '1.0',
  release: '2.amzn2023',
  arch: 'x86_64',
  size: 1,
  requires: [],
  provides: [{ name, flags: 0 }],
  files: [],
  ...more,
})

const subject: Subject = {
  image: 'minimal-base',
  platform: 'linux/arm64',
  digest: `sha256:${'0123456789abcdef'.repeat(4)}`,
  epoch: 1735689600,
  os: { id: 'amzn', versionId: '2023' },
  packages: [
    pack('glibc', { license: 'LGPLv2+ and BSD', vendor: 'Amazon Linux', sourceRpm: 'glibc-1.0-2.src.rpm' }),
    pack('gpg-pubkey', { version: 'aa', release: 'bb' }),
    pack('libstdc++', { epoch: 1, license: 'MIT AND (GPL-3.0-or-later WITH GCC-exception-3.1)' }),
    pack('libstdc--', { requires: [{ name: 'libstdc++', flags: 0 }], license: 'MIT' }),
  ],
}

describe('package URLs', () => {
  const [glibc, , stdc] = subject.packages as [Package, Package, Package]
  test('have vendor, architecture, epoch and distro', () => {
    assert.equal(
      packageUrl(stdc, subject.os),
      'pkg:rpm/amzn/libstdc%2B%2B@1.0-2.amzn2023?arch=x86_64&distro=amzn-2023&epoch=1',
    )
    assert.equal(evr(stdc), '1:1.0-2.amzn2023')
  })
  test('say nothing of a distro that says nothing of itself', () => {
    assert.equal(packageUrl(glibc, {}), 'pkg:rpm/glibc@1.0-2.amzn2023?arch=x86_64')
  })
  test('name an image by its digest', () => {
    assert.match(imageUrl(subject), /^pkg:oci\/minimal-base@sha256:0123\w+\?arch=arm64$/)
  })
})

test('the UUID is the image’s own', () => {
  assert.match(uuidOf(subject), /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  const others = [{ digest: 'sha256:1' }, { platform: 'linux/amd64' }, { image: 'x' }]
  assert.equal(new Set([{}, ...others].map(other => uuidOf({ ...subject, ...other }))).size, 4)
})

test('a licence is an SPDX expression or the vendor’s own words', () => {
  const known = [
    'MIT',
    'MIT AND (BSD-3-Clause OR Zlib)',
    'GPL-2.0-or-later WITH GCC-exception-2.0',
    'GPL-2.0+',
  ]
  for (const text of known) assert.equal(spdxExpression(text), text)
  for (const text of [
    undefined,
    '',
    'GPLv2+',
    'MIT and BSD-3-Clause',
    'MIT BSD-3-Clause',
    'AND',
    'MIT OR',
    'See /usr',
  ]) {
    assert.equal(spdxExpression(text), undefined)
  }
})

test('an os-release says a distro’s name and version, quoted or not', () => {
  const text = 'NAME="Amazon Linux"\nID=amzn\nID_LIKE="fedora"\nVERSION_ID="2023"\n'
  assert.deepEqual(parseOsRelease(text), { id: 'amzn', versionId: '2023' })
  assert.deepEqual(parseOsRelease('ID="a b"\nVERSION_ID=\'3\''), { versionId: '3' })
})

describe('CycloneDX', () => {
  const text = cycloneDx(subject)
  const bom = JSON.parse(text)
  test('is valid by the schema of 1.6', async () => {
    const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6)
    assert.equal(await validator.validate(text), null)
    assert.notEqual(await validator.validate(text.replace('"container"', '"containr"')), null)
  })
  test('has image, distro, packages and what they require', () => {
    assert.equal(bom.specVersion, '1.6')
    assert.equal(bom.metadata.timestamp, '2025-01-01T00:00:00.000Z')
    assert.equal(bom.metadata.component.version, subject.digest)
    const named = bom.components.map(
      ({ type, name, version }: Record<string, string>) => `${type} ${name} ${version}`,
    )
    assert.deepEqual(named.sort(), [
      'library glibc 1.0-2.amzn2023',
      'library gpg-pubkey aa-bb',
      'library libstdc++ 1:1.0-2.amzn2023',
      'library libstdc-- 1.0-2.amzn2023',
      'operating-system amzn 2023',
    ])
    const requires = bom.dependencies.find(({ ref }: { ref: string }) => ref.includes('libstdc--'))
    assert.match(requires.dependsOn[0], /libstdc%2B%2B/)
  })
  test('is the same bytes at each time', () => assert.equal(cycloneDx(subject), text))
})

describe('SPDX', () => {
  const text = spdx(subject)
  const content = JSON.parse(text)
  const schema = JSON.parse(readFileSync(new URL('spdx-2.3.schema.json', import.meta.url), 'utf8'))
  const validate = new Ajv({ strict: true, allErrors: true }).compile(schema)
  test('is valid by the fields that SPDX 2.3 knows', () => {
    assert.ok(validate(JSON.parse(text)), JSON.stringify(validate.errors))
    const wrongs: object[] = [{ spdxVersion: 'SPDX-2.2' }, { packages: [{ name: 'x' }] }, { more: 1 }]
    for (const wrong of wrongs) {
      assert.equal(validate({ ...content, ...wrong }), false)
    }
  })
  test('keeps apart what its identifiers cannot', () => {
    const ids: string[] = content.packages.map(({ SPDXID }: { SPDXID: string }) => SPDXID)
    assert.equal(new Set(ids).size, 5)
    const { relationships } = content as { relationships: Record<string, string>[] }
    for (const { spdxElementId, relatedSpdxElement } of relationships) {
      for (const id of [spdxElementId!, relatedSpdxElement!])
        assert.ok(id === 'SPDXRef-DOCUMENT' || ids.includes(id), id)
    }
    assert.deepEqual(
      relationships.filter(({ relationshipType }) => relationshipType === 'DEPENDS_ON'),
      [{ spdxElementId: ids[4], relationshipType: 'DEPENDS_ON', relatedSpdxElement: ids[3] }],
    )
  })
  test('has the licence, or what the RPM says of it', () => {
    const [, glibc, , stdc] = content.packages
    assert.deepEqual(
      [glibc.licenseDeclared, glibc.licenseComments],
      ['NOASSERTION', 'The RPM says: LGPLv2+ and BSD'],
    )
    assert.match(stdc.licenseDeclared, /^MIT AND/)
    assert.equal(glibc.supplier, 'Organization: Amazon Linux')
  })
  test('is the same bytes at each time', () => assert.equal(spdx(subject), text))
})
