import { copyFile, lstat, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Toolchain } from './toolchain.ts'

/**
 * Makes one program of all those in the bin directories of a tree, and of each of these a script that names it and
 * itself, as AL2023's coreutils-single has them. It is linked with what they are linked with. Returns its path.
 */
export async function makeMulticall(path: string, home: string, toolchain: Toolchain): Promise<string> {
  const inside = (...parts: string[]) => join(toolchain.root, home, ...parts)
  await mkdir(inside('programs'))
  const names: string[] = []
  for (const folder of ['/usr/bin', '/usr/sbin']) {
    for (const name of (await readdir(inside('tree', folder)).catch(() => [])).sort()) {
      const place = inside('tree', folder, name)
      if (!(await lstat(place)).isFile()) continue
      await rename(place, inside('programs', name))
      await writeFile(place, `#!${path} --coreutils-prog-shebang=${name}\n`, { mode: 0o555 })
      names.push(name)
    }
  }
  const programs = names.map((name, index) => `PROGRAM(${index}, "${name}", "${home}/programs/${name}")`)
  await writeFile(inside('programs.h'), `#define EACH_PROGRAM ${programs.join(' ')}\n`)
  await copyFile(join(import.meta.dirname, 'multicall.c'), inside('multicall.c'))
  await toolchain.run(['sh', '-ec', LINK, home, `${home}/tree${path}`])
  for (const made of ['programs', 'programs.h', 'multicall.c']) await rm(inside(made), { recursive: true })
  return path
}

// The libraries by their files: the toolchain has no more of them than what programs need.
const LINK = `
libraries=$(readelf --dynamic "$0"/programs/* | sed -n 's/.*(NEEDED).*\\[\\(.*\\)\\]/\\1/p' | sort -u |
  while read -r name; do find /usr/lib /usr/lib64 -name "$name" | head -n 1; done)
gcc -O2 -Wall -Wextra -Werror -s -DPROGRAMS="\\"$0/programs.h\\"" -o "$1" "$0/multicall.c" -Wl,--no-as-needed $libraries`
