import { Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library'
import { nvra, type Package } from '../rpm/package.ts'
import { requirements } from '../rpm/requirements.ts'
import { spdxExpression } from './licence.ts'
import { evr, imageUrl, packageUrl, type Subject, tool, uuidOf } from './subject.ts'

const { Component, Property } = Models
const { ComponentType } = Enums

/** A CycloneDX 1.6 document: the image, its distro, its packages and which requires which. Same image, same bytes. */
export function cycloneDx(subject: Subject): string {
  const image = new Component(ComponentType.Container, subject.image, {
    bomRef: imageUrl(subject),
    version: subject.digest,
    purl: imageUrl(subject),
    hashes: new Models.HashDictionary([
      [Enums.HashAlgorithm['SHA-256'], subject.digest.replace('sha256:', '')],
    ]),
    properties: new Models.PropertyRepository([new Property('eks-distro-base:platform', subject.platform)]),
  })
  const components = new Map(subject.packages.map(one => [one, toComponent(one, subject)]))
  for (const { from, to } of requirements(subject.packages)) {
    components.get(from)!.dependencies.add(components.get(to)!.bomRef)
  }
  for (const { bomRef } of components.values()) image.dependencies.add(bomRef)
  const bom = new Models.Bom({
    serialNumber: `urn:uuid:${uuidOf(subject)}`,
    metadata: new Models.Metadata({
      timestamp: new Date(subject.epoch * 1000),
      tools: new Models.Tools({
        components: new Models.ComponentRepository([new Component(ComponentType.Application, tool)]),
      }),
      component: image,
    }),
    components: new Models.ComponentRepository([...operatingSystem(subject), ...components.values()]),
  })
  const factory = new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6)
  return `${new Serialize.JsonSerializer(factory).serialize(bom, { sortLists: true, space: 2 })}\n`
}

function operatingSystem({ os: { id, versionId } }: Subject): Models.Component[] {
  if (id === undefined) return []
  const version = versionId === undefined ? {} : { version: versionId }
  return [new Component(ComponentType.OperatingSystem, id, { bomRef: `os:${id}`, ...version })]
}

function toComponent(one: Package, { os }: Subject): Models.Component {
  const { name, vendor, license, sourceRpm } = one
  const purl = packageUrl(one, os)
  const expression = spdxExpression(license)
  const licence = expression
    ? new Models.LicenseExpression(expression)
    : license && new Models.NamedLicense(license)
  return new Component(ComponentType.Library, name, {
    bomRef: `${purl}#${nvra(one)}`,
    version: evr(one),
    purl,
    ...(vendor && { supplier: new Models.OrganizationalEntity({ name: vendor }) }),
    licenses: new Models.LicenseRepository(licence ? [licence] : []),
    properties: new Models.PropertyRepository(
      sourceRpm ? [new Property('eks-distro-base:source-rpm', sourceRpm)] : [],
    ),
  })
}
