import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cycloneDx } from './cyclonedx.ts'
import { spdx } from './spdx.ts'
import type { Subject } from './subject.ts'

/** Where an image's bills of materials lie once it is built. */
export const sbomFiles = (dist: string, platformFolder: string) => ({
  cycloneDx: join(dist, platformFolder, 'sbom.cdx.json'),
  spdx: join(dist, platformFolder, 'sbom.spdx.json'),
})

/** Writes them in both formats. */
export function writeSboms(dist: string, platformFolder: string, subject: Subject): void {
  const files = sbomFiles(dist, platformFolder)
  writeFileSync(files.cycloneDx, cycloneDx(subject))
  writeFileSync(files.spdx, spdx(subject))
}
