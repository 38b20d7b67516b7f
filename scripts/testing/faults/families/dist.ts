import {
  chmodSync,
  cpSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { foreignPlatform } from '../../../lib/settings.ts'
import { blobPath } from '../../../oci/blobs.ts'
import type { Manifest } from '../../../oci/layout.ts'
import { layoutIn, platformFolder } from '../../../workspace/outputs.ts'
import { numbers } from '../../numbers.ts'
import { build, readers } from '../acts.ts'
import type { FaultBench } from '../bench.ts'
import { damaged } from '../damage.ts'
import type { Act, Fault } from '../fault.ts'

const random = numbers(1)

/** Each kind of file among what was built, and how it is found. */
const kinds: Readonly<Record<string, (output: string) => string>> = {
  'index.json': output => join(layoutIn(output), 'index.json'),
  'oci-layout': output => join(layoutIn(output), 'oci-layout'),
  'the manifest': output => blobPath(layoutIn(output), manifestDigest(output)),
  'the configuration': output => blobPath(layoutIn(output), manifest(output).config.digest),
  'the layer': output => blobPath(layoutIn(output), manifest(output).layers[0]!.digest),
  'files.jsonl': output => join(output, 'files.jsonl'),
  'packages.jsonl': output => join(output, 'packages.jsonl'),
  'the CycloneDX document': output => join(output, 'sbom.cdx.json'),
  'the SPDX document': output => join(output, 'sbom.spdx.json'),
  'seal.json': output => join(output, 'seal.json'),
}

const tried = [
  'one bit flipped, size and time kept',
  'the last byte cut off',
  'one byte more',
  'empty',
  'deleted',
  'a folder in its place',
  'a link to nowhere in its place',
]

/** Every kind of file × every kind of damage; who reads it goes round. */
export function distFaults(): Fault[] {
  const ofParent = Object.keys(kinds).flatMap((kind, row) =>
    tried.map((damage, column) => {
      const act = readers[(row + column) % readers.length]!
      return fault('minimal-base', kind, damage, act, row === column && row < 3)
    }),
  )
  const ofLeaf = ['index.json', 'the manifest', 'the configuration', 'files.jsonl', 'seal.json'].flatMap(
    (kind, row) =>
      ['one bit flipped, size and time kept', 'cut in half'].map((damage, column) =>
        fault('minimal-base-nonroot', kind, damage, readers[1 + ((row + column) % (readers.length - 1))]!),
      ),
  )
  // The distro's and the toolchain's are big, and read by each build of a first image alone.
  const ofTools = ['files.jsonl', 'seal.json', 'the manifest'].flatMap(kind =>
    ['distro', 'builder'].map(image => fault(image, kind, tried[0]!, build('minimal-base'))),
  )
  return [...ofParent, ...ofLeaf, ...ofTools, ...wholeFaults]
}

function fault(image: string, kind: string, damage: string, act: Act, sample = false): Fault {
  const at = random(1 << 20)
  return {
    family: 'a file of dist/ damaged',
    name: `${image}, ${kind}: ${damage}`,
    act,
    sample,
    inject: bench => damaged(bench, kinds[kind]!(bench.output(image)), damage, at),
  }
}

/** What may become of a `dist/` as a whole. */
const whole: Readonly<Record<string, (dist: string, bench: FaultBench) => void>> = {
  'is gone': dist => rmSync(dist, { recursive: true }),
  'is empty': dist => emptied(dist),
  'is a file': dist => {
    rmSync(dist, { recursive: true })
    writeFileSync(dist, '')
  },
  'is a link to what it was': (dist, bench) => {
    const elsewhere = bench.path('elsewhere')
    rmSync(elsewhere, { recursive: true, force: true })
    renameSync(dist, elsewhere)
    symlinkSync(elsewhere, dist)
  },
  "is another image's": (dist, bench) => {
    rmSync(dist, { recursive: true })
    cpSync(bench.dist('minimal-base-nonroot'), dist, { recursive: true })
  },
  'has a file that nobody built': (_, bench) => writeFileSync(join(built(bench), 'stranger'), ''),
  'has an empty folder that nobody built': dist => mkdirSync(join(dist, 'linux_other')),
  'has a blob that nobody built': (_, bench) =>
    writeFileSync(join(layoutIn(built(bench)), 'blobs/sha256', 'ab'.repeat(32)), 'x'),
  'has files that nobody may read': (_, bench) => chmodSync(join(built(bench), 'seal.json'), 0),
  "has the other platform's name": (dist, bench) =>
    renameSync(built(bench), join(dist, platformFolder(foreignPlatform))),
}

const built = (bench: FaultBench) => bench.output('minimal-base')

const wholeFaults: Fault[] = Object.entries(whole).flatMap(([name, harm], row) =>
  [readers[0]!, readers[1 + (row % (readers.length - 1))]!].map((act, column) => ({
    family: 'a dist/ damaged as a whole',
    name: `that of minimal-base ${name}`,
    act,
    sample: row === 4 && column === 1,
    inject(bench) {
      harm(bench.dist('minimal-base'), bench)
      return { undo: () => bench.restore() }
    },
  })),
)

function emptied(folder: string): void {
  rmSync(folder, { recursive: true })
  mkdirSync(folder)
}

const json = (file: string) => JSON.parse(readFileSync(file, 'utf8'))

const manifestDigest = (output: string): string =>
  json(join(layoutIn(output), 'index.json')).manifests[0].digest

const manifest = (output: string): Manifest => json(blobPath(layoutIn(output), manifestDigest(output)))
