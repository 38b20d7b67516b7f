import { posix } from 'node:path'
import { fileFlags, fileStates, mergedPath, type Package } from '../rpm/package.ts'
import type { BuiltImage } from './built-image.ts'
import { resolvePath } from './resolve.ts'

export interface MissingInterpreter {
  readonly script: string
  readonly program: string
}

/** Where `cleanup` deletes, so that absence proves nothing. */
const optional = /^\/usr\/(share\/(doc|man|info)|lib\/\.build-id|lib\/debug\/\.build-id)\//

/**
 * Every executable script whose interpreter the image lacks; of `#!/usr/bin/env NAME` NAME as well. Scripts that came
 * with a whole package, or with a single file of one, are left out: who installs a package without its dependencies
 * leaves the shell out on purpose.
 */
export async function missingInterpreters(
  image: BuiltImage,
  packages: () => Promise<readonly Package[]>,
): Promise<MissingInterpreter[]> {
  const missing = [...image.files.values()].flatMap(({ path, type, mode, size }) => {
    if (type !== 'file' || (mode & 0o111) === 0 || size < 3) return []
    return interpretersOf(image, image.read(path).subarray(0, longest).toString())
      .filter(program => !isFile(image, program))
      .map(program => ({ script: path, program }))
  })
  if (missing.length === 0) return []
  const unasked = new Set((await packages()).flatMap(cameAlong).map(mergedPath))
  return missing.filter(({ script }) => !unasked.has(mergedPath(script)))
}

/** The files of a package that no recipe names. */
function cameAlong(one: Package): string[] {
  const paths = one.files.map(({ path }) => path)
  return isWhole(one) ? paths : paths.filter(path => copiedWith.test(path))
}

/** What `install_binary` copies of a package with any single file of it. */
const copiedWith = /^\/(etc|usr\/share\/(doc|man|licenses))\//

const isWhole = ({ files }: Package) =>
  !files.some(
    ({ path, state, flags }) =>
      state === fileStates.notInstalled && (flags & fileFlags.doc) === 0 && !optional.test(path),
  )

/** Linux reads no more of the first line. */
const longest = 255

function interpretersOf(image: BuiltImage, start: string): string[] {
  const [, program, argument = ''] = /^#![ \t]*(\/[^ \t\n]*)[ \t]*([^\n]*?)[ \t]*(?:\n|$)/.exec(start) ?? []
  if (!program) return []
  const name = posix.basename(program) === 'env' ? runByEnv(argument) : undefined
  return name ? [program, search(image, name)] : [program]
}

/** What the kernel gives `env` is one argument, unless -S has it split. */
function runByEnv(argument: string): string | undefined {
  const [, split] = /^(?:-v?S|--split-string=)\s*(.*)/.exec(argument) ?? []
  if (split === undefined) return /^-|=/.test(argument) ? undefined : argument
  const words = split.split(/\s+/)
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (/^(-u|-C|--unset|--chdir)$/.test(word)) words.shift()
    else if (!/^-|=/.test(word)) return word
  }
  return undefined
}

function search(image: BuiltImage, name: string): string {
  if (name.startsWith('/')) return name
  const path =
    image.config.config.Env?.find(one => one.startsWith('PATH='))?.slice('PATH='.length) ?? '/usr/bin'
  const places = path.split(':').map(folder => posix.join('/', folder, name))
  return places.find(place => isFile(image, place)) ?? `/usr/bin/${name}`
}

function isFile({ files }: BuiltImage, path: string): boolean {
  const entry = resolvePath(files, path)
  return entry?.type === 'file' || entry?.type === 'hardlink'
}
