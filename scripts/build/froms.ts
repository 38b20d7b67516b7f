import { type Dockerfile, findStage, parseDockerfile } from '../lib/dockerfile.ts'
import { expand, type Instruction, type Variables } from '../lib/dockerfile-instruction.ts'
import { UserError } from '../lib/errors.ts'

/**
 * What a Dockerfile takes from elsewhere and nothing provides would be looked for in a registry or on a server, at
 * whatever state it is in there, unseen by turbo. Throws UserError unless every `FROM` and `from=` is a stage, one of
 * `contexts`, `scratch` or pinned by digest, every `ADD` of an address has its checksum, and no frontend is asked for.
 * `args` are the values that its `ARG`s are given; `file` is how errors name it.
 */
export function checkFroms(
  file: string,
  content: string,
  contexts: readonly string[],
  args: Variables = {},
): Dockerfile {
  const dockerfile = parseDockerfile(content, args)
  const refuse = (line: number, what: string): never => {
    throw new UserError(`${file}:${line} ${what}`)
  }
  checkFrontend(dockerfile, args, refuse)
  const { stages } = dockerfile
  const isKnown = (name: string) => name === 'scratch' || contexts.includes(name) || pinned.test(name)
  const known = [...stages.flatMap(({ name }) => name ?? []), ...contexts, 'scratch']
  const unknown = (name: string) =>
    `names ${name}, which is no stage of it and no image of its package.json: ` +
    `add it to "devDependencies", or pin it as NAME@sha256:…; there are ${[...new Set(known)].join(', ')}`
  for (const { name, line, base, on, instructions } of stages) {
    if (name && contexts.includes(name))
      refuse(line, `calls a stage ${name}, as an image of its package.json: give the stage another name`)
    if (!on && !isKnown(base)) refuse(line, unknown(base))
    for (const one of instructions) {
      const missing = one.from.find(from => !findStage(from, stages) && !isKnown(from))
      if (missing !== undefined) refuse(one.line, unknown(missing))
      const open = one.heredocs.find(({ closed }) => !closed)
      if (open) refuse(one.line, `opens a here-document with ${open.opening} that no line of that name ends`)
      if (one.keyword === 'ADD') checkAdd(one, refuse)
    }
  }
  return dockerfile
}

type Refuse = (line: number, what: string) => never

const pinned = /@sha256:[0-9a-f]{64}$/

/** BuildKit would pull what reads the file from a registry: named by a directive, by a foreign first line, or by an argument. */
function checkFrontend({ directives, stages }: Dockerfile, args: Variables, refuse: Refuse): void {
  const syntax = directives.find(({ name }) => name === 'syntax')
  const instead =
    'is another frontend, which would be pulled from a registry: leave it out, engines read the file themselves'
  if (syntax) refuse(syntax.line, `says syntax=${syntax.value}: that ${instead}`)
  if ('BUILDKIT_SYNTAX' in args)
    refuse(1, `is given BUILDKIT_SYNTAX=${args.BUILDKIT_SYNTAX}: that ${instead}`)
  if (stages.length === 0)
    refuse(1, `has no FROM: begin with FROM and an image of its package.json, or scratch`)
}

const address = /^([a-z][a-z0-9+.-]*:\/\/|[\w.-]+@[\w.-]+:|github\.com\/)/i

/** What lies at an address can change: only its checksum says which bytes are meant. */
function checkAdd({ line, flags, body, words, variables }: Instruction, refuse: Refuse): void {
  const checksum = flags.find(({ name }) => name === 'checksum')?.value ?? ''
  if (/^sha256:[0-9a-f]{64}$/.test(checksum)) return
  for (const word of (words ?? body.text.split('\n')[0]!.trim().split(/\s+/)).slice(0, -1)) {
    const source = expand(word, variables)
    if (source === undefined ? !word.startsWith('$') : !address.test(source)) continue
    refuse(
      line,
      `adds ${source ?? word}, which may be other bytes at each build: keep the file beside the Dockerfile and COPY it, ` +
        'or give --checksum=sha256:…, which BuildKit knows and buildah 1.28 does not',
    )
  }
}
