import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { temporaryFolder } from '../lib/temporary-folder.ts'

const names = [
  'HOME',
  'PATH',
  'REGISTRY_AUTH_FILE',
  'XDG_RUNTIME_DIR',
  'XDG_CONFIG_HOME',
  'DOCKER_CONFIG',
] as const
const before = Object.fromEntries(names.map(name => [name, process.env[name]]))
const top = temporaryFolder()

function restore(values: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  }
}

/** Until the process ends: a home of its own with these files in it; `~` in the environment stands for it. */
export function at(
  files: Record<string, unknown>,
  env: Partial<Record<(typeof names)[number], string>> = {},
): string {
  const home = mkdtempSync(join(top, 'home-'))
  for (const [path, value] of Object.entries(files)) {
    const file = join(home, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value))
    if (path.startsWith('bin/')) chmodSync(file, 0o755)
  }
  const all = { ...Object.fromEntries(names.map(name => [name, undefined])), HOME: '~', ...env }
  const path = `${home}/bin:${before.PATH}`
  restore(
    Object.fromEntries([
      ...Object.entries(all).map(([name, value]) => [name, value?.replace('~', home)]),
      ['PATH', path],
    ]),
  )
  return home
}
