import { nvra, type Package } from '../rpm/package.ts'
import { requirements } from '../rpm/requirements.ts'
import { spdxExpression } from './licence.ts'
import { evr, imageUrl, packageUrl, type Subject, tool, uuidOf } from './subject.ts'

const unknown = 'NOASSERTION'
const document = 'SPDXRef-DOCUMENT'
const image = 'SPDXRef-Image'

/** An SPDX 2.3 document of the same content as the CycloneDX one: https://spdx.github.io/spdx-spec/v2.3/ */
export function spdx(subject: Subject): string {
  const { platform, epoch, packages } = subject
  const ids = new Map(packages.map((one, index) => [one, idOf(one, index)]))
  const relation = (from: string, relationshipType: string, to: string) => ({
    spdxElementId: from,
    relationshipType,
    relatedSpdxElement: to,
  })
  const pairs = new Set(requirements(packages).map(({ from, to }) => `${ids.get(from)} ${ids.get(to)}`))
  const content = {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: document,
    name: `${subject.image} ${platform}`,
    documentNamespace: `https://spdx.org/spdxdocs/${subject.image}-${uuidOf(subject)}`,
    creationInfo: {
      created: new Date(epoch * 1000).toISOString().replace('.000Z', 'Z'),
      creators: [`Tool: ${tool}`],
    },
    packages: [imagePackage(subject), ...packages.map(one => toPackage(one, ids.get(one)!, subject))],
    relationships: [
      relation(document, 'DESCRIBES', image),
      ...[...ids.values()].map(id => relation(image, 'CONTAINS', id)),
      ...[...pairs].sort().map(pair => {
        const [from, to] = pair.split(' ')
        return relation(from!, 'DEPENDS_ON', to!)
      }),
    ],
  }
  return `${JSON.stringify(content, null, 2)}\n`
}

/** Identifiers have letters, digits, dots and dashes; the number keeps two apart that differ in what they may not have. */
const idOf = (one: Package, index: number) => `SPDXRef-${index}-${nvra(one).replace(/[^A-Za-z0-9.-]/g, '-')}`

/** What is said of no package here: SPDX wants to be told so. */
const unsaid = {
  downloadLocation: unknown,
  filesAnalyzed: false,
  licenseConcluded: unknown,
  copyrightText: unknown,
}

function imagePackage(subject: Subject) {
  return {
    SPDXID: image,
    name: subject.image,
    versionInfo: subject.digest,
    supplier: unknown,
    ...unsaid,
    licenseDeclared: unknown,
    primaryPackagePurpose: 'CONTAINER',
    checksums: [{ algorithm: 'SHA256', checksumValue: subject.digest.replace('sha256:', '') }],
    externalRefs: [purlReference(imageUrl(subject))],
  }
}

function toPackage(one: Package, id: string, { os }: Subject) {
  const { name, vendor, license, sourceRpm } = one
  const expression = spdxExpression(license)
  return {
    SPDXID: id,
    name,
    versionInfo: evr(one),
    supplier: vendor ? `Organization: ${vendor}` : unknown,
    ...unsaid,
    licenseDeclared: expression ?? unknown,
    ...(license && !expression && { licenseComments: `The RPM says: ${license}` }),
    ...(sourceRpm && { sourceInfo: `built from ${sourceRpm}` }),
    externalRefs: [purlReference(packageUrl(one, os))],
  }
}

function purlReference(referenceLocator: string) {
  return { referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator }
}
