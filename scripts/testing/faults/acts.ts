import { readSeal } from '../../build/seal.ts'
import type { FaultBench } from './bench.ts'
import type { Act } from './fault.ts'

/** As `npm run` starts a script, and as others may: what is killed then is the script itself. */
const script = (name: string, ...args: string[]) => [
  process.execPath,
  'scripts/bootstrap.mjs',
  `scripts/${name}.ts`,
  ...args,
]
export const directly = ({ argv }: Act) =>
  argv.flatMap(word => (word === 'scripts/bootstrap.mjs' ? ['--import', 'tsx'] : word))

/** Builds one image on parents that are built. All of its `dist/` counts. */
export const build = (image: string): Act => ({
  name: `build ${image}`,
  argv: script('build', image),
  writes: image,
  observe: bench => built(bench, image),
})

/** Lets turbo build an image and what it is made on, as everybody does. */
export const turboBuild = (image: string): Act => ({
  name: `turbo run build --filter=${image}`,
  argv: ['node_modules/.bin/turbo', 'run', 'build', '--output-logs=new-only', `--filter=${image}`],
  writes: image,
  observe: bench => built(bench, image),
})

/** A command that only reads: what it prints counts. */
const reader = (name: string, ...args: string[]): Act => ({
  name: [name, ...args].join(' '),
  argv: script(name, ...args),
  observe: (_, stdout) => withoutTurbo(withoutTimes(stdout)),
})

const [parent, leaf] = ['minimal-base', 'minimal-base-nonroot']

export const exportPackages = reader('export-packages', '--check', leaf)
export const size = reader('size', leaf)
/** The image has no program: one that needs nothing is brought along. */
export const run = reader('run', leaf, '--add=/sbin/ldconfig:/ldconfig', '--', '/ldconfig', '--version')
export const testLeaf = reader('test', leaf)

/** All that read the `dist/` of an image and of its parent. */
export const readers: readonly Act[] = [
  build(leaf),
  reader('diff', parent, leaf),
  size,
  reader('why', leaf, 'tzdata'),
  exportPackages,
  run,
  testLeaf,
]

/** The seal of an image, after all that it covers was held against it, but for what it says of how it came to be made. */
export function built(bench: FaultBench, image: string): string {
  try {
    const { tasks, inputs, ...seal } = readSeal(bench.output(image))
    return JSON.stringify(seal)
  } catch (error) {
    return (error as Error).message
  }
}

/** How long something took is nobody's promise. */
const withoutTimes = (text: string) =>
  text.replace(/\(?\d+(\.\d+)? ?ms\)?/g, '').replace(/duration_ms \S+/g, 'duration')

/** Whether turbo restored or found an image is no part of what a command says. */
const withoutTurbo = (text: string) =>
  text
    .split('\n')
    .filter(line => !/^\s*(•|Tasks:|Cached:|Time:)|^[\w.-]+:build: |^\s*$/.test(line))
    .join('\n')
