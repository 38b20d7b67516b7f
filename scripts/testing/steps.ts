import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RunRequest } from '../build/engines/engine.ts'
import { temporaryFolder } from '../lib/temporary-folder.ts'
import { compileStatic } from './probe.ts'

/** One thing that is done in a container, where there is no shell to do it. */
export type Step =
  /** A program that has to end with `exitCode` (0), with `stdin` as its input. */
  | { readonly run: readonly string[]; readonly exitCode?: number; readonly stdin?: string }
  /** A program that is ended when all steps are done. */
  | { readonly spawn: readonly string[] }
  /** Waits, 10 s at most, until a path is there. */
  | { readonly ready: string }
  /** Waits, 10 s at most, for a server on 127.0.0.1, asks it over HTTP and prints its whole answer. */
  | { readonly get: string; readonly port: number }

/** The request, without its `argv`, as one that performs `steps` in one container and stops at the first failure. */
export async function withSteps(
  request: Omit<RunRequest, 'argv'>,
  steps: readonly Step[],
  platform: string,
): Promise<RunRequest> {
  const source = readFileSync(join(import.meta.dirname, 'driver.c'), 'utf8')
  const add: Record<string, string> = { ...request.add, '/driver': await compileStatic(source, platform) }
  const words = steps.map((step, index) => {
    if ('spawn' in step) return ['spawn', ...step.spawn]
    if ('ready' in step) return ['ready', step.ready]
    if ('get' in step) return ['get', `${step.port}`, step.get]
    const input = step.stdin === undefined ? '/dev/null' : `/driver-input-${index}`
    if (step.stdin !== undefined) add[input] = temporaryFile(step.stdin)
    return ['exit', `${step.exitCode ?? 0}`, input, ...step.run]
  })
  return { ...request, add, argv: ['/driver', ...words.flatMap(step => [...step, ';;'])] }
}

function temporaryFile(content: string): string {
  const file = join(temporaryFolder(), 'input')
  // Whatever user the image runs as has to read it.
  writeFileSync(file, content, { mode: 0o644 })
  return file
}
