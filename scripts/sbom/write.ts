import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cycloneDx } from './cyclonedx.ts'
import { spdx } from './spdx.ts'
import type { Subject } from './subject.ts'

/** Where an image's bills of materials lie once it is built. */
export const sbomFiles = (output: string) => ({
  cycloneDx: join(output, 'sbom.cdx.json'),
  spdx: join(output, 'sbom.spdx.json'),
})

/** Writes them in both formats. */
export function writeSboms(output: string, subject: Subject): void {
  const files = sbomFiles(output)
  writeFileSync(files.cycloneDx, cycloneDx(subject))
  writeFileSync(files.spdx, spdx(subject))
}
