import { UserError } from '../lib/errors.ts'

/**
 * The images that a Dockerfile names and nothing provides would be looked for in a registry, at whatever state they are
 * in there, unseen by turbo. Throws UserError unless every `FROM` and `from=` is a stage, one of `contexts`, `scratch`
 * or pinned by digest.
 */
export function checkFroms(file: string, dockerfile: string, contexts: readonly string[]): void {
  const stages = [...dockerfile.matchAll(/^FROM\s+\S+\s+AS\s+(\S+)/gim)].map(([, stage]) => stage!)
  const known = new Set([...stages, ...contexts, 'scratch'])
  const named = [...dockerfile.matchAll(/^FROM\s+(?:--\S+\s+)*(\S+)|[\s,-]from=([^\s,]+)/gim)].map(
    ([, from, copy]) => from ?? copy!,
  )
  const unknown = named.find(
    name => !known.has(name) && !/@sha256:[0-9a-f]{64}$/.test(name) && !/^\d+$/.test(name),
  )
  if (unknown === undefined) return
  throw new UserError(
    `${file} names ${unknown}, which is no stage of it and no image of its package.json: ` +
      `add it to "devDependencies", or pin it as NAME@sha256:…; there are ${[...known].join(', ')}`,
  )
}
