import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { build } from '../acts.ts'
import type { Fault } from '../fault.ts'

const stale = (pid: number) => JSON.stringify({ pid, host: 'elsewhere', since: '2020-01-01T00:00:00.000Z' })

/** What may lie where a build has its lock. */
const locks: Readonly<Record<string, (file: string) => void>> = {
  'is empty': file => writeFileSync(file, ''),
  'is garbage': file => writeFileSync(file, '\u0000{]'),
  'names a process that is gone': file => writeFileSync(file, stale(2 ** 22 - 1)),
  'names process 1': file => writeFileSync(file, stale(1)),
  'names this very process': file => writeFileSync(file, stale(process.pid)),
  'is null': file => writeFileSync(file, 'null'),
  'is a folder': file => mkdirSync(file),
  'is a pipe': file => execFileSync('mkfifo', [file]),
  'is a link to nowhere': file => symlinkSync('nowhere', file),
  'is a link to itself': file => symlinkSync('lock', file),
  'may be read and written by nobody': file => writeFileSync(file, '', { mode: 0 }),
}

export function lockFaults(): Fault[] {
  const act = build('minimal-base-nonroot')
  const lying = Object.entries(locks).map(
    ([name, put], index): Fault => ({
      family: 'a strange lock',
      name: `the lock ${name}`,
      act,
      sample: index === 1,
      inject(bench) {
        const file = bench.path('images/minimal-base-nonroot/work/lock')
        mkdirSync(dirname(file), { recursive: true })
        put(file)
        return { undo: () => bench.restore() }
      },
    }),
  )
  return [...lying, held]
}

const held: Fault = {
  family: 'a strange lock',
  name: 'the lock is held by another program',
  act: build('minimal-base-nonroot'),
  inject(bench) {
    const file = bench.path('images/minimal-base-nonroot/work/lock')
    mkdirSync(dirname(file), { recursive: true })
    const holder = spawn('flock', [file, 'sh', '-c', 'echo held; exec sleep 600'], {
      stdio: ['ignore', 'ignore', 'ignore'],
      detached: true,
    })
    execFileSync('sh', ['-c', 'while flock -n "$0" true; do sleep 0.05; done', file])
    return { undo: () => process.kill(-holder.pid!, 'SIGKILL') }
  },
}
