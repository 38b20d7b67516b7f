import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { build } from '../acts.ts'
import type { FaultBench } from '../bench.ts'
import { damages } from '../damage.ts'
import type { Fault } from '../fault.ts'

const act = build('minimal-base-nonroot')

/** What buildah keeps of the images that builds start from, as a path below its storage with `*` for a name of its own. */
const kept = {
  'the list of images': 'root/overlay-images/images.json',
  'the list of layers': 'root/overlay-layers/layers.json',
  'the manifest of an image': 'root/overlay-images/*/manifest',
  'a file of the parent': 'root/overlay/*/diff/etc/passwd',
  'what a layer was packed of': 'root/overlay-layers/*.tar-split.gz',
  'where a layer lies': 'root/overlay/*/link',
}

export function storageFaults(): Fault[] {
  const files = Object.entries(kept).flatMap(([name, path], index) =>
    ['one bit flipped, size and time kept', index < 3 ? 'empty' : 'deleted'].map(damage =>
      fault(`${name}: ${damage}`, storage => damages[damage]!(find(storage, path), 20)),
    ),
  )
  return [
    ...files,
    fault('all of it is gone', storage => rmSync(join(storage, 'root'), { recursive: true }), true),
    fault('what it knows while it runs is gone', storage =>
      rmSync(join(storage, 'run'), { recursive: true }),
    ),
  ]
}

/** In a storage of the bench's own: builds of others are on the checkout's. */
function fault(name: string, harm: (storage: string) => void, sample = false): Fault {
  return {
    family: "the engine's storage damaged",
    name,
    act,
    sample,
    inject(bench) {
      const storage = bench.path('work/buildah')
      const shared = readlinkSync(storage)
      rmSync(storage)
      mkdirSync(storage)
      const undo = () => {
        rmSync(storage, { recursive: true, force: true })
        symlinkSync(shared, storage)
      }
      try {
        fill(bench)
        harm(storage)
      } catch (error) {
        undo()
        throw error
      }
      return { undo }
    },
  }
}

function fill(bench: FaultBench): void {
  const [program, ...args] = act.argv
  execFileSync(program!, args, { cwd: bench.root, env: bench.env as NodeJS.ProcessEnv, stdio: 'ignore' })
}

function find(folder: string, path: string): string {
  const [before, after] = path.split('*')
  if (after === undefined) return join(folder, path)
  const base = join(folder, before!)
  const found = readdirSync(base, { recursive: true, encoding: 'utf8' }).find(file =>
    file.endsWith(after.replace(/^\//, '')),
  )
  if (!found) throw new Error(`${path} is not in ${folder}`)
  return join(base, found)
}
