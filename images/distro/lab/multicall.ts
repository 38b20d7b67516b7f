import { copyFile, lstat, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Toolchain } from './toolchain.ts'

/**
 * Makes one program of all those in the bin directories of a tree, and of each of these a script that names it and
 * itself, as AL2023's coreutils-single has them. It is linked with what they are linked with. Returns its path.
 * @param compiler of the programs' architecture
 */
export async function makeMulticall(
  path: string,
  home: string,
  compiler: string,
  toolchain: Toolchain,
): Promise<string> {
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
  await toolchain.run(['sh', '-ec', LINK, home, `${home}/tree${path}`, compiler])
  for (const made of ['programs', 'programs.h', 'multicall.c', 'libraries'])
    await rm(inside(made), { recursive: true })
  return path
}

// Linked with libraries that are nothing but a name: it asks for them, and calls nothing in them. The toolchain has real
// ones of its own architecture alone.
const LINK = `
mkdir "$0/libraries"
readelf --dynamic "$0"/programs/* | sed -n 's/.*(NEEDED).*\\[\\(.*\\)\\]/\\1/p' | grep -v '^\\(libc\\|ld-linux.*\\)\\.so' | sort -u |
  while read -r name; do "$2" -shared -nostdlib -Wl,-soname,"$name" -x c /dev/null -o "$0/libraries/$name"; done
"$2" -O2 -Wall -Wextra -Werror -s -DPROGRAMS="\\"$0/programs.h\\"" -o "$1" "$0/multicall.c" \\
  -Wl,--no-as-needed $(find "$0/libraries" -type f | sort)`
