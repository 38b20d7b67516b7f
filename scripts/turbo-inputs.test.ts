import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { test } from 'node:test'
import { inRepo, repoRoot } from './lib/paths.ts'

/** Every module of this repository that a module loads, itself included; paths from the root. */
function closure(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen
  seen.add(file)
  const source = readFileSync(inRepo(file), 'utf8')
  for (const [, path] of source.matchAll(/(?:from|import)[ (]'(\.[^']+)'/g)) {
    closure(relative(repoRoot, join(repoRoot, dirname(file), path!)), seen)
  }
  return seen
}

/** What the globs `$TURBO_ROOT$/…` of the build task name. */
function inputs(): Set<string> {
  const text = readFileSync(inRepo('turbo.json'), 'utf8')
  const build = text.slice(text.indexOf('"build"'), text.indexOf('"test"'))
  const globs = [...build.matchAll(/"\$TURBO_ROOT\$\/(scripts\/[^"]+)"/g)].map(([, glob]) => glob!)
  const files = globs.flatMap(glob =>
    glob.includes('*') ? readdirSync(inRepo(dirname(glob))).map(name => join(dirname(glob), name)) : [glob],
  )
  return new Set(files.filter(file => file.endsWith('.ts') && !file.endsWith('.test.ts')))
}

test('turbo hashes exactly the modules that take part in building', () => {
  const loaded = [...closure('scripts/build.ts')].filter(file => file.startsWith('scripts/')).sort()
  assert.deepEqual([...inputs()].sort(), loaded)
})
