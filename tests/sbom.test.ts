import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { Spec, Validation } from '@cyclonedx/cyclonedx-library'
import { Ajv } from 'ajv'
import { inRepo } from '../scripts/lib/paths.ts'
import { chosenPlatforms } from '../scripts/lib/settings.ts'
import { packageData, readPackageData } from '../scripts/rpm/package-data.ts'
import { sbomFiles } from '../scripts/sbom/write.ts'
import { outputOf } from '../scripts/workspace/outputs.ts'
import { readWorkspace } from '../scripts/workspace/workspace.ts'

const cycloneDx = new Validation.JsonStrictValidator(Spec.Version.v1dot6)
const schema = readFileSync(inRepo('scripts/sbom/spdx-2.3.schema.json'), 'utf8')
const isSpdx = new Ajv({ allErrors: true }).compile(JSON.parse(schema))

describe('the bills of materials of each image are valid and name each of its packages', () => {
  for (const image of [...readWorkspace().values()].filter(({ internal }) => !internal)) {
    test(image.name, async () => {
      const output = outputOf(image.dir, chosenPlatforms()[0]!)
      const files = sbomFiles(output)
      const [cdx, spdx] = [readFileSync(files.cycloneDx, 'utf8'), readFileSync(files.spdx, 'utf8')]
      assert.equal(await cycloneDx.validate(cdx), null)
      assert.ok(isSpdx(JSON.parse(spdx)), JSON.stringify(isSpdx.errors))
      const names = readPackageData(packageData(output)).map(({ name }) => name)
      const libraries = JSON.parse(cdx).components.filter(({ type }: { type: string }) => type === 'library')
      assert.deepEqual(libraries.map(({ name }: { name: string }) => name).sort(), names.toSorted())
      const [, ...packages] = JSON.parse(spdx).packages as { name: string }[]
      assert.deepEqual(packages.map(({ name }) => name).sort(), names.toSorted())
    })
  }
})
