import { basename, dirname, extname, join } from 'node:path'
import type { Entry } from './spec.ts'
import type { Toolchain } from './toolchain.ts'

/**
 * Compiles the Python modules of a tree, as AL2023's packages are: without it each process that imports one compiles it
 * anew. Returns the entries of what it made. Two packages may own the same module, and so the same bytecode.
 */
export async function byteCompiled(
  entries: readonly Entry[],
  home: string,
  toolchain: Toolchain,
): Promise<Entry[]> {
  const modules = entries.filter(
    ({ path, kind }) => kind === 'file' && /^\/usr\/lib\/python3.*\.py$/.test(path),
  )
  if (modules.length === 0) return []
  const said = await toolchain.run(
    ['python3', '-c', COMPILE, `${home}/tree`, ...modules.map(({ path }) => path)],
    {
      env: { PYTHONHASHSEED: '0' },
    },
  )
  const [suffix, ...compiled] = said.split('\n') as [string, ...string[]]
  const folders = new Set(compiled.map(path => join(dirname(path), '__pycache__')))
  return [
    ...[...folders].map(path => ({ path, kind: 'dir', mode: '0755' }) as const),
    ...compiled.map(path => ({ path: bytecodeOf(path, suffix), kind: 'file', mode: '0644' }) as const),
  ]
}

const bytecodeOf = (path: string, suffix: string) =>
  join(dirname(path), '__pycache__', `${basename(path, extname(path))}.${suffix}.pyc`)

// Prints the suffix of this Python's bytecode, then each module that is one: tests of Python's own are broken on purpose.
// Bytecode depends a little on what else is in memory, so each module is compiled in a process that has seen no other.
// It is valid for the time of its source, which rpm writes down no later than the time of the build.
const COMPILE = `
import os, py_compile, sys
tree, *modules = sys.argv[1:]
print(sys.implementation.cache_tag)
latest = int(os.environ['SOURCE_DATE_EPOCH'])
for module in modules:
    if os.stat(tree + module).st_mtime > latest: os.utime(tree + module, (latest, latest))
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        try:
            py_compile.compile(tree + module, dfile=module, doraise=True, invalidation_mode=py_compile.PycInvalidationMode.TIMESTAMP)
        except (py_compile.PyCompileError, UnicodeDecodeError):
            os._exit(1)
        os._exit(0)
    if os.waitpid(child, 0)[1] == 0: print(module)
`
