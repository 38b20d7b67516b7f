import { basename, dirname, join, posix } from 'node:path'
import { groupBy } from '../lib/group-by.ts'
import { type DebianProgram, debianPlace, programAt } from './debian-root.ts'
import { isLink, isRegular, type Recorded, type RecordedFile } from './recorded.ts'

interface Program extends DebianProgram {
  readonly sonames: readonly string[]
}

/**
 * The programs and libraries that a Debian root has for packages, by package and path, as `bash /usr/bin/bash`: those of
 * which all libraries that they are linked with come with their package, so that none is missed because of us.
 */
export function usablePrograms(root: string, packages: readonly Recorded[]): Map<string, DebianProgram> {
  const programs = new Map<string, Program>()
  for (const one of packages) for (const file of one.files) addProgram(programs, root, one, file)
  const comesWith = librariesOf(packages, programs)
  // What needs something that cannot be loaded can be loaded as little, and so on.
  for (let before = -1; before !== programs.size; ) {
    before = programs.size
    const there = new Set([...programs.values()].flatMap(({ sonames }) => sonames))
    for (const [key, { needed }] of programs) {
      const allowed = comesWith.get(packageOf(key))!
      if (!needed.every(name => allowed.has(name) && there.has(name))) programs.delete(key)
    }
  }
  return programs
}

const packageOf = (key: string) => key.slice(0, key.indexOf(' '))

function addProgram(programs: Map<string, Program>, root: string, of: Recorded, file: RecordedFile): void {
  if (!isRegular(file) || file.isGhost || !file.kind.startsWith('ELF')) return
  const sonames = namesOf(of, file)
  const place = sonames.map(name => debianPlace(root, join(dirname(file.path), name))).find(Boolean)
  const program = place && programAt(place)
  if (program) programs.set(`${of.name} ${file.path}`, { ...program, sonames })
}

/** What a file is called, and the links beside it that lead to it. */
function namesOf({ files }: Recorded, { path }: RecordedFile): string[] {
  const folder = dirname(path)
  const links = files.filter(file => isLink(file) && dirname(file.path) === folder)
  const aliases = links.filter(({ target }) => posix.resolve(folder, target) === path)
  return [basename(path), ...aliases.map(file => basename(file.path))]
}

/**
 * By package, the sonames that it brings and those of the packages that it needs a library of: glibc's are one in one
 * release and five in another, and who needs one gets them all.
 */
function librariesOf(
  packages: readonly Recorded[],
  programs: ReadonlyMap<string, Program>,
): Map<string, ReadonlySet<string>> {
  const provided = groupBy(programs, ([key]) => packageOf(key))
  const sonames = [...provided].map(([name, all]) => ({
    name,
    names: new Set(all.flatMap(([, program]) => program.sonames)),
  }))
  return new Map(
    packages.map(({ name, needs }) => {
      const bringing = sonames.filter(
        one => one.name === name || [...needs].some(need => one.names.has(need)),
      )
      return [name, new Set(bringing.flatMap(({ names }) => [...names]))]
    }),
  )
}
