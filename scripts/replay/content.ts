import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { debianPlace, programAt } from './debian-root.ts'
import { idle } from './idle.ts'
import { usablePrograms } from './programs.ts'
import type { Recorded, RecordedFile } from './recorded.ts'

/** The content of a regular file of a package; hard links of it are asked for once. */
export type Content = (of: Recorded, file: RecordedFile) => Buffer

/**
 * What stands in for the content that a database does not keep: our own words where these are given, else what a Debian
 * root has in the same place, else next to nothing. A script keeps its interpreter, and a program that Debian does not
 * have, or not with the same libraries, succeeds at doing nothing.
 * @param own by path
 */
export function contentFrom(
  root: string,
  packages: readonly Recorded[],
  own: ReadonlyMap<string, string>,
): Content {
  const programs = usablePrograms(root, packages)
  return (of, file) => {
    const words = own.get(file.path)
    if (words !== undefined) return Buffer.from(words)
    const interpreter = interpreterOf(file)
    if (interpreter) return Buffer.from(`#!${interpreter}\n`)
    if (file.kind.startsWith('ELF'))
      return programs.get(`${of.name} ${file.path}`)?.bytes ?? placeholder(of, file)
    const place = debianPlace(root, file.path)
    return place && !programAt(place) ? readFileSync(place) : standIn(file)
  }
}

/** `a /usr/bin/sh -efu script, ASCII text executable` → `/usr/bin/sh -efu`. */
function interpreterOf({ kind }: RecordedFile): string | undefined {
  if (/^POSIX shell script/.test(kind)) return '/bin/sh'
  if (/^Bourne-Again shell script/.test(kind)) return '/bin/bash'
  return /^a (\/.+?) script[ ,]/.exec(kind)?.[1]
}

function placeholder({ arch }: Recorded, file: RecordedFile): Buffer {
  const isProgram = (file.mode & 0o111) !== 0 && !/\.so(\.|$)/.test(basename(file.path))
  return isProgram && arch === 'x86_64' ? idle : standIn(file)
}

const standIn = ({ path }: RecordedFile) => Buffer.from(`stand-in for ${path}\n`)
