import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { inRepo } from '../lib/paths.ts'

/** The oldest that the workshop runs on, and what the README recommends. */
export const nodeVersions = ['20.20.2', '22.23.3', '24.21.0'] as const
export type NodeVersion = (typeof nodeVersions)[number]

/** Installs that Node.js from npm's registry below work/, once, and returns the folder of its program. */
export function installNode(version: NodeVersion): string {
  const folder = inRepo('work', `node-${version}`)
  const name = `node-linux-${process.arch}`
  const bin = join(folder, 'node_modules', name, 'bin')
  if (!existsSync(join(bin, 'node'))) {
    mkdirSync(folder, { recursive: true })
    execFileSync(
      'npm',
      ['install', '--no-save', '--no-audit', '--no-fund', '--prefix', folder, `${name}@${version}`],
      {
        stdio: 'pipe',
      },
    )
  }
  return bin
}

/** An environment in which `node` is that version, and in which node's test runner does not take itself for a child's. */
export function environmentOf(version: NodeVersion): Record<string, string | undefined> {
  return {
    ...process.env,
    PATH: `${installNode(version)}${delimiter}${process.env.PATH}`,
    NODE_TEST_CONTEXT: undefined,
  }
}
