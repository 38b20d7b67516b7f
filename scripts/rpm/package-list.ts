import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inRepo } from '../lib/paths.ts'
import { nvra, type Package } from './package.ts'

/** The folder of checked-in lists: `packages-lists/<distro>/linux_<arch>/<image>`. */
export const listsFolder = 'packages-lists'

/** What stands in a folder of lists besides them. */
export const ledgerName = 'sizes.json'

/** The text of a list: `rpm -qa` of the image, one package a line, in byte order. */
export function formatList(packages: readonly Package[]): string {
  const lines = packages.map(one => Buffer.from(`${nvra(one)}\n`)).sort(Buffer.compare)
  return Buffer.concat(lines).toString()
}

/** Its lines, which a hand may have left unsorted. */
export function parseList(text: string): string[] {
  return text.split('\n').filter(Boolean)
}

/** The lines of a checked-in list, or undefined where there is none. */
export function readList(distro: string, folder: string, image: string): string[] | undefined {
  const file = inRepo(listsFolder, distro, folder, image)
  return existsSync(file) ? parseList(readFileSync(file, 'utf8')) : undefined
}

/** The names of the images that have a list there. */
export function listedImages(distro: string, folder: string, root = inRepo(listsFolder)): string[] {
  const path = join(root, distro, folder)
  return existsSync(path) ? readdirSync(path).filter(name => name !== ledgerName) : []
}

/** One line of a list, taken apart. */
export interface Listed {
  readonly name: string
  /** `version-release` */
  readonly version: string
  /** A `gpg-pubkey` has none. */
  readonly arch?: string
}

/** `git-core-2.50.1-1.amzn2023.x86_64`: a version and a release hold no `-`, an architecture no `.`. */
export function parseLine(line: string): Listed {
  const key = /^(gpg-pubkey)-([^-]+-[^-]+)$/.exec(line)
  const match = key ?? /^(.+)-([^-]+-[^-]+)\.([^.]+)$/.exec(line)
  const [, name = line, version = '', arch] = match ?? []
  return { name, version, ...(arch && { arch }) }
}
