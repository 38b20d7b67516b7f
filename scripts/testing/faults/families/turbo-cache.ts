import { execFileSync } from 'node:child_process'
import { copyFileSync, rmSync } from 'node:fs'
import { numbers } from '../../numbers.ts'
import { size, turboBuild } from '../acts.ts'
import type { FaultBench } from '../bench.ts'
import { damaged } from '../damage.ts'
import type { Act, Fault } from '../fault.ts'

const [parent, leaf] = ['minimal-base', 'minimal-base-nonroot']

/** Turbo restores what it knows, and then somebody reads it: no other order shows what was restored. */
const restored: Act = {
  name: `turbo run build --filter=${leaf}, then size`,
  argv: ['sh', '-ec', `${turboBuild(leaf).argv.join(' ')} >&2\nexec ${size.argv.join(' ')}`],
  observe: (bench, stdout) =>
    [turboBuild(leaf).observe(bench, ''), turboBuild(parent).observe(bench, ''), stdout].join('\n'),
}

const random = numbers(2)

/** Bits of turbo's archives flip, and the other ways in which a cache rots. */
export function turboCacheFaults(): Fault[] {
  const flips = Array.from({ length: 20 }, (_, index) =>
    archive(
      index % 5 === 4 ? parent! : leaf!,
      '.tar.zst',
      'one bit flipped, size and time kept',
      index === 0,
    ),
  )
  const others = ['cut in half', 'empty', 'garbage', 'deleted', 'a folder in its place'].flatMap(damage => [
    archive(leaf!, '.tar.zst', damage),
    archive(leaf!, '-meta.json', damage),
  ])
  return [...flips, ...others, exchanged]
}

function archive(image: string, ending: string, damage: string, sample = false): Fault {
  const at = random(1 << 20)
  return {
    family: "turbo's cache damaged",
    name: `${image}${ending}: ${damage}${damage.includes('bit') ? `, byte ${at} round its size` : ''}`,
    act: restored,
    sample,
    inject(bench) {
      const injected = damaged(
        bench,
        bench.path('.turbo/cache', `${hashOf(bench, image)}${ending}`),
        damage,
        at,
      )
      forgetDist(bench)
      return injected
    },
  }
}

const exchanged: Fault = {
  family: "turbo's cache damaged",
  name: `the archive of ${leaf} is that of ${parent}`,
  act: restored,
  inject(bench) {
    const file = (image: string) => bench.path('.turbo/cache', `${hashOf(bench, image)}.tar.zst`)
    const injected = damaged(bench, file(leaf!), 'deleted')
    copyFileSync(file(parent!), file(leaf!))
    forgetDist(bench)
    return injected
  },
}

function forgetDist(bench: FaultBench): void {
  for (const name of [parent!, leaf!]) rmSync(bench.dist(name), { recursive: true, force: true })
}

const hashes = new Map<string, string>()

/** What turbo calls an image's build; it is the same all along, since no fault of this kind changes a source. */
function hashOf(bench: FaultBench, image: string): string {
  const known = hashes.get(image)
  if (known) return known
  const text = execFileSync('node_modules/.bin/turbo', ['run', 'build', `--filter=${image}`, '--dry=json'], {
    cwd: bench.root,
    env: bench.env as NodeJS.ProcessEnv,
    encoding: 'utf8',
  })
  const { tasks } = JSON.parse(text) as { tasks: { taskId: string; hash: string }[] }
  for (const { taskId, hash } of tasks) hashes.set(taskId.split('#')[0]!, hash)
  return hashes.get(image)!
}
