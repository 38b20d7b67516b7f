import { execa } from 'execa'
import { UserError } from '../lib/errors.ts'
import { quoted } from './errors.ts'
import type { Login } from './login.ts'

/** A helper may ask a person, but nobody waits for ever. */
const patience = 30_000

/**
 * What `docker-credential-NAME get` keeps for a host: the host on its stdin, JSON on its stdout. Undefined when it knows
 * of none. Throws UserError, which names the program and the file that names it, when it cannot be asked.
 */
export async function askHelper(
  name: unknown,
  host: string,
  file: string,
  timeout = patience,
): Promise<Login | undefined> {
  const trouble = (why: string) => new UserError(`${program}, which ${file} names, ${why}`)
  const program = `docker-credential-${typeof name === 'string' ? name : ''}`
  if (typeof name !== 'string' || !/^[\w.-]{1,100}$/.test(name)) {
    throw new UserError(`${file} names ${quoted(name)} as credential helper: a name such as ecr-login is one`)
  }
  const result = await execa(program, ['get'], {
    input: host === 'docker.io' ? 'https://index.docker.io/v1/' : host,
    timeout,
    forceKillAfterDelay: 1000,
    maxBuffer: 1 << 20,
    reject: false,
  })
  if (result.code === 'ENOENT') throw trouble('is not on the PATH')
  if (result.timedOut) throw trouble(`says nothing in ${timeout / 1000} s`)
  if (result.isMaxBuffer) throw trouble('says more than 1 MiB')
  // Of its words only the one that the protocol knows is looked at: the rest may be a secret.
  if (/credentials not found/i.test(result.stdout)) return undefined
  if (result.exitCode !== 0)
    throw trouble(`ends with exit code ${result.exitCode ?? result.signal ?? result.code}`)
  const { Username: user, Secret: secret } = parse(result.stdout)
  if (typeof user !== 'string' || typeof secret !== 'string')
    throw trouble('gives no Username and Secret in JSON')
  if (!secret) return undefined
  const from = `${program} of ${file}`
  return user === '<token>' ? { identityToken: secret, from } : { user, password: secret, from }
}

function parse(text: string): { Username?: unknown; Secret?: unknown } {
  try {
    return Object(JSON.parse(text)) as object
  } catch {
    return {}
  }
}
