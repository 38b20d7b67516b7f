import { execFileSync, spawn } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  utimesSync,
} from 'node:fs'
import { join } from 'node:path'
import { Workbench } from '../../../tests/workbench.ts'
import { inRepo, repoRoot } from '../../lib/paths.ts'
import { perform } from '../../lib/run.ts'
import { choiceForTurbo, chosenEngine, nativePlatform } from '../../lib/settings.ts'
import { outputOf } from '../../workspace/outputs.ts'
import type { Environment, Injected, Outcome } from './fault.ts'

/** The images that faults are tried on: small ones, and what they are made with, which nothing here writes to. */
export const tried = ['minimal-base', 'minimal-base-nonroot']
const tools = ['distro', 'builder']

/** Seconds after which a command is said not to end. */
const patience = 300

/** The lab, whose every RPM is made here, and the chosen engine. */
const choice = () => choiceForTurbo({ distro: 'lab', engine: chosenEngine() })

/** A copy of the checkout with two small images built in it, all its own: what is damaged here is damaged nowhere else. */
export class FaultBench {
  readonly workbench = new Workbench('faults')
  readonly root = this.workbench.root
  /** What ends each command that runs. */
  private readonly running = new Set<() => void>()
  /** Without a fault. */
  readonly env: Environment

  /** Builds in the checkout what a copy starts from. */
  static async open(): Promise<FaultBench> {
    const leaf = tried.at(-1)!
    await perform(`building ${leaf}`, {
      argv: ['npx', 'turbo', 'run', 'build', '--output-logs=new-only', `--filter=${leaf}`],
      cwd: repoRoot,
      env: { ...choice(), TURBO_TELEMETRY_DISABLED: '1' },
    })
    return new FaultBench()
  }

  private constructor() {
    this.env = {
      ...process.env,
      ...choice(),
      TURBO_TELEMETRY_DISABLED: '1',
      TURBO_CACHE_DIR: this.path('.turbo/cache'),
      NODE_TEST_CONTEXT: undefined,
      FORCE_COLOR: undefined,
    }
    // Else what runs before a script would install all packages again.
    const now = new Date()
    utimesSync(this.path('node_modules/.package-lock.json'), now, now)
    this.workbench.takeDist(...tools)
    for (const name of tried) copy(inRepo('images', name, 'dist'), this.path('good', name))
    this.copyCache()
    this.restore()
  }

  path(...parts: string[]): string {
    return join(this.root, ...parts)
  }

  dist(image: string, ...parts: string[]): string {
    return this.path('images', image, 'dist', ...parts)
  }

  /** What was built of an image for this machine's platform. */
  output(image: string): string {
    return outputOf(this.path('images', image), nativePlatform)
  }

  /** Makes the images' folders as they were after a good build. */
  restore(): void {
    rmSync(this.path('images', 'faulty'), { recursive: true, force: true })
    for (const name of tried) {
      rmSync(this.dist(name), { recursive: true, force: true })
      rmSync(this.path('images', name, 'work'), { recursive: true, force: true })
      copy(this.path('good', name), this.dist(name))
    }
  }

  /** Copies what turbo knows of the checkout's builds; the archives can be damaged by replacing them. */
  private copyCache(): void {
    const cache = inRepo('.turbo', 'cache')
    mkdirSync(this.path('.turbo'), { recursive: true })
    if (existsSync(cache)) execFileSync('cp', ['-al', cache, this.path('.turbo', 'cache')])
  }

  /** Starts a command in a process group of its own, as a terminal would. */
  start(argv: readonly string[], { env = {}, wrap = [] }: Injected = {}): Running {
    const [program, ...args] = [...wrap, ...argv]
    const child = spawn(program!, args, {
      cwd: this.root,
      env: { ...this.env, ...env } as NodeJS.ProcessEnv,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const said = { stdout: '', output: '' }
    child.stdout.on('data', data => {
      said.stdout += data
      said.output += data
    })
    child.stderr.on('data', data => (said.output += data))
    const signal = (name: NodeJS.Signals, group: boolean) => {
      try {
        process.kill(group ? -child.pid! : child.pid!, name)
      } catch {
        // It has ended.
      }
    }
    const end = () => signal('SIGKILL', true)
    this.running.add(end)
    let hung = false
    const timer = setTimeout(() => {
      hung = true
      end()
    }, patience * 1000)
    const ended = new Promise<Outcome>(resolve => {
      child.once('error', error => resolve({ exitCode: 1, stdout: '', output: String(error) }))
      // Not `close`: what a killed build left running may hold its output open.
      child.once('exit', code =>
        setTimeout(() => {
          clearTimeout(timer)
          this.running.delete(end)
          resolve({ exitCode: hung ? undefined : (code ?? 1), ...said })
        }, 50),
      )
    })
    return { ended, signal }
  }

  run(argv: readonly string[], injected: Injected = {}): Promise<Outcome> {
    return this.start(argv, injected).ended
  }

  /** What should have gone with the process that made it; empty when all is well. */
  leftovers(): string[] {
    const mounts = readFileSync('/proc/mounts', 'utf8')
      .split('\n')
      .filter(line => line.includes(this.root))
    return [...mounts.map(line => `mounted: ${line}`), ...this.processes()]
  }

  private processes(): string[] {
    return readdirSync('/proc')
      .filter(name => /^\d+$/.test(name))
      .flatMap(pid => {
        try {
          const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
          const isOurs = command.includes(this.root) || readlinkSync(`/proc/${pid}/cwd`).startsWith(this.root)
          return isOurs ? [`running: ${pid} ${command}`] : []
        } catch {
          return []
        }
      })
  }

  remove(): void {
    for (const end of this.running) end()
    this.workbench.remove()
  }
}

export interface Running {
  readonly ended: Promise<Outcome>
  /** Sends a signal to the command alone or to all that it started. */
  signal(name: NodeJS.Signals, group: boolean): void
}

function copy(from: string, to: string): void {
  mkdirSync(join(to, '..'), { recursive: true })
  cpSync(from, to, { recursive: true, preserveTimestamps: true })
}
