import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { constants } from 'node:os'
import { setTimeout } from 'node:timers/promises'
import { type Container, removeAll } from '../build/engines/engine.ts'
import { capture, notStarted } from '../lib/run.ts'
import { withoutRemark } from './without-remark.ts'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
type Stop = (typeof signals)[number]

interface Running {
  readonly container: Container
  readonly child: ChildProcess
  isKilled: boolean
}

/** How many milliseconds a program has that was asked to end. */
const grace = 1000

/**
 * Runs a container as `docker run --rm -i` does: its streams are ours, byte for byte. It and its image are gone
 * afterwards, also when we are told to end: then the program is told so, and killed if it takes no notice.
 * @param open what makes anything that has to go again, and so is called when we can be told to end
 * @returns the program's exit code, 128 and the signal's number where one ended it
 */
export async function attach(open: () => Promise<Container>, isTerminal: boolean): Promise<number> {
  const stops: Stop[] = []
  let running: Running | undefined
  const listener = (signal: Stop) => {
    stops.push(signal)
    if (running) void endContainer(running, signal, stops.length > 1 ? 0 : grace)
  }
  for (const signal of signals) process.on(signal, listener)
  try {
    const container = await open()
    try {
      if (stops[0]) return 128 + constants.signals[stops[0]]
      const child = await start(container, isTerminal)
      const closed = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>
      running = { container, child, isKilled: false }
      const [code, signal] = await closed
      // Of a program that we had to kill, engines say what they like.
      const reason = running.isKilled ? stops[0] : signal
      return reason ? 128 + constants.signals[reason] : (code ?? 1)
    } finally {
      await removeAll(container.remove)
    }
  } catch (error) {
    // What was typed to end us may have ended a program that loads the image, too.
    if (stops[0]) return 128 + constants.signals[stops[0]]
    throw error
  } finally {
    for (const signal of signals) process.off(signal, listener)
  }
}

/** In a session of its own: what is typed at our terminal to end us is ours to pass on, once. */
async function start({ command, remark }: Container, isTerminal: boolean): Promise<ChildProcess> {
  const [program, ...args] = command.argv
  const child = spawn(program, args, {
    cwd: command.cwd,
    env: { ...process.env, ...command.env },
    stdio: ['inherit', 'inherit', remark && !isTerminal ? 'pipe' : 'inherit'],
    detached: !isTerminal,
  })
  try {
    await once(child, 'spawn')
  } catch (error) {
    throw notStarted(program, command.cwd, error as NodeJS.ErrnoException)
  }
  if (child.stderr && remark) child.stderr.pipe(withoutRemark(remark)).pipe(process.stderr, { end: false })
  return child
}

async function endContainer(running: Running, signal: Stop, patience: number): Promise<void> {
  const { child } = running
  const { kill } = running.container
  const tell = (word: NodeJS.Signals) => {
    const inits = kill ? [child.pid!] : initsBelow(child.pid!)
    for (const pid of inits) tryKill(pid, word)
    if (inits.length === 0) child.kill(word)
  }
  tell(signal)
  await Promise.race([once(child, 'close'), setTimeout(patience, undefined, { ref: false })])
  if (child.exitCode !== null || child.signalCode !== null) return
  running.isKilled = true
  if (kill) await capture(kill)
  else tell('SIGKILL')
}

function tryKill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It has ended meanwhile.
  }
}

/** The processes below `pid` that live in another process namespace than we do: who ends those ends their container. */
function initsBelow(pid: number): number[] {
  const parents = new Map(
    readdirSync('/proc')
      .filter(name => /^\d+$/.test(name))
      .map(name => [Number(name), parentOf(name)]),
  )
  const isBelow = (one: number | undefined): boolean =>
    one !== undefined && one > 1 && (one === pid || isBelow(parents.get(one)))
  const own = namespaceOf('self')
  return [...parents.keys()].filter(one => isBelow(one) && (namespaceOf(`${one}`) ?? own) !== own)
}

function parentOf(pid: string): number | undefined {
  try {
    return Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ')[1])
  } catch {
    return undefined
  }
}

function namespaceOf(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`)
  } catch {
    return undefined
  }
}
