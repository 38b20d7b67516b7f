import { build, exportPackages, size } from '../acts.ts'
import { damaged } from '../damage.ts'
import type { Act, Fault } from '../fault.ts'

const leaf = build('minimal-base-nonroot')
const list = 'packages-lists/lab/linux_amd64/minimal-base-nonroot'

/** Files that people write, and who reads them. Another content is another image, so none is changed to a legal one. */
const files: readonly { file: string; act: Act; damages: readonly string[] }[] = [
  {
    file: 'images/minimal-base-nonroot/package.json',
    act: leaf,
    damages: [
      'cut in half',
      'empty',
      'all zeros',
      'garbage',
      'deleted',
      'a folder in its place',
      'a link to itself in its place',
    ],
  },
  {
    file: 'images/minimal-base-git/package.json',
    act: leaf,
    damages: ['cut in half', 'empty', 'garbage', 'deleted', 'a link to nowhere in its place'],
  },
  {
    file: 'images/minimal-base-nonroot/Dockerfile',
    act: leaf,
    damages: [
      'cut in half',
      'empty',
      'all zeros',
      'garbage',
      'deleted',
      'a folder in its place',
      'a link to nowhere in its place',
    ],
  },
  {
    file: '.workshop.json',
    act: leaf,
    damages: [
      'cut in half',
      'empty',
      'garbage',
      'deleted',
      'a folder in its place',
      'a link to nowhere in its place',
    ],
  },
  {
    file: 'images/distro/lab.yaml',
    act: leaf,
    damages: ['cut in half', 'empty', 'all zeros', 'garbage', 'deleted', 'a folder in its place'],
  },
  {
    file: list,
    act: exportPackages,
    damages: ['cut in half', 'empty', 'garbage', 'deleted', 'a folder in its place', 'the last byte cut off'],
  },
  {
    file: 'packages-lists/lab/linux_amd64/sizes.json',
    act: size,
    damages: ['cut in half', 'empty', 'garbage', 'a folder in its place'],
  },
  { file: 'turbo.json', act: leaf, damages: ['cut in half', 'empty', 'garbage', 'deleted'] },
]

export function dataFileFaults(): Fault[] {
  return files.flatMap(({ file, act, damages }, row) =>
    damages.map((damage, column) => ({
      family: 'a file that people write damaged',
      name: `${file}: ${damage}`,
      act,
      sample: row === column && row % 3 === 0,
      inject: bench => damaged(bench, bench.path(file), damage),
    })),
  )
}
