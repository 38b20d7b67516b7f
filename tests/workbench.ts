import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { layoutsOf } from '../scripts/build/dist.ts'
import { inRepo, repoRoot } from '../scripts/lib/paths.ts'
import { nativePlatform } from '../scripts/lib/settings.ts'
import { type LayoutImage, readImage } from '../scripts/oci/layout.ts'
import { findImage, type Image, readWorkspace } from '../scripts/workspace/workspace.ts'

export interface Outcome {
  readonly exitCode: number
  readonly stdout: string
  /** Both streams, the second after the first. */
  readonly output: string
}

/** The image and all that it is made with, each after what it is made with itself. */
export function closure(images: ReadonlyMap<string, Image>, name: string): string[] {
  return [
    ...new Set([...findImage(images, name).contexts.flatMap(context => closure(images, context)), name]),
  ]
}

/** The named images, each after those it is made with. */
export function buildOrder(images: ReadonlyMap<string, Image>, names: readonly string[]): string[] {
  return [...new Set(names.flatMap(name => closure(images, name)))]
}

/**
 * A copy of this checkout to change at will: the files git knows, node_modules, and the built images, all as hard
 * links where they are only read. It shares turbo's cache with the checkout.
 */
export class Workbench {
  readonly root: string

  constructor(name: string) {
    mkdirSync(inRepo('work'), { recursive: true })
    this.root = mkdtempSync(inRepo('work', `${name}-`))
    const tracked = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], {
      cwd: repoRoot,
      encoding: 'utf8',
    })
    const files = [...tracked.split('\0'), '.workshop.json'].filter(file => file && existsSync(inRepo(file)))
    execFileSync('cp', ['--parents', '--preserve=mode', ...files, this.root], { cwd: repoRoot })
    execFileSync('cp', ['-al', 'node_modules', this.root], { cwd: repoRoot })
    // npm writes over this one in place.
    execFileSync(
      'cp',
      ['--remove-destination', 'node_modules/.package-lock.json', join(this.root, 'node_modules')],
      { cwd: repoRoot },
    )
    execFileSync('git', ['init', '-q'], { cwd: this.root })
    // Else buildah would mount a storage inside the copy, which could not be removed.
    mkdirSync(inRepo('work', 'buildah'), { recursive: true })
    for (const folder of ['docker', 'lab', 'buildah']) {
      if (!existsSync(inRepo('work', folder))) continue
      mkdirSync(join(this.root, 'work'), { recursive: true })
      execFileSync('ln', ['-s', inRepo('work', folder), join(this.root, 'work', folder)])
    }
  }

  /** Brings an image's `dist/` along. */
  takeDist(...names: string[]): void {
    for (const name of names) {
      const dist = join(this.root, 'images', name, 'dist')
      rmSync(dist, { recursive: true, force: true })
      execFileSync('cp', ['-al', inRepo('images', name, 'dist'), dist])
    }
  }

  read(file: string): string {
    return readFileSync(join(this.root, file), 'utf8')
  }

  write(file: string, content: string, mode = 0o644): void {
    const path = join(this.root, file)
    mkdirSync(dirname(path), { recursive: true })
    // A new file, never the linked one of the checkout.
    rmSync(path, { force: true })
    writeFileSync(path, content)
    chmodSync(path, mode)
  }

  /** Adds an image: its package.json but for the name, its Dockerfile, and a script.py for that to copy. */
  addImage(name: string, manifest: object, dockerfile: string, script?: string): void {
    this.write(`images/${name}/package.json`, JSON.stringify({ name, ...manifest }))
    this.write(`images/${name}/Dockerfile`, dockerfile)
    if (script !== undefined) this.write(`images/${name}/script.py`, script)
  }

  /** Makes a change, calls `look`, and undoes the change. */
  while<T>(file: string, content: string | undefined, look: () => T, mode?: number): T {
    const path = join(this.root, file)
    const before = existsSync(path)
      ? { content: readFileSync(path, 'utf8'), mode: statSync(path).mode }
      : undefined
    this.write(file, content ?? before?.content ?? '', mode ?? before?.mode)
    try {
      return look()
    } finally {
      if (before) this.write(file, before.content, before.mode)
      else rmSync(path)
    }
  }

  run(argv: readonly string[], env: Readonly<Record<string, string | undefined>> = {}): Outcome {
    const [program, ...args] = argv
    const { status, stdout, stderr } = spawnSync(program!, args, {
      cwd: this.root,
      env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', TURBO_CACHE_DIR: inRepo('.turbo/cache'), ...env },
      encoding: 'utf8',
      maxBuffer: 64 << 20,
    })
    return { exitCode: status ?? 1, stdout, output: `${stdout}${stderr}` }
  }

  /** `npx tsx scripts/NAME …` */
  script(
    name: string,
    args: readonly string[] = [],
    env: Readonly<Record<string, string | undefined>> = {},
  ): Outcome {
    return this.run([process.execPath, '--import', 'tsx', `scripts/${name}.ts`, ...args], env)
  }

  /** An image that is built here, for this machine's platform. */
  image(name: string): LayoutImage {
    const images = readWorkspace(join(this.root, 'images'))
    return readImage(layoutsOf(images, findImage(images, name), nativePlatform), nativePlatform)
  }

  /** Has turbo build an image and what it is made with. */
  turboBuild(name: string): Outcome {
    return this.run(['npx', 'turbo', 'run', 'build', `--filter=${name}`])
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true })
  }
}
