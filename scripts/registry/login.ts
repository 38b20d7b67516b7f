import { readFileSync, statSync } from 'node:fs'
import { UserError } from '../lib/errors.ts'
import { type AuthFile, authFiles } from '../lib/settings.ts'
import { askHelper } from './credential-helper.ts'

/** A password, or a token that is exchanged for others, and where it was found. */
export type Login = ({ user: string; password: string } | { identityToken: string }) & {
  readonly from: string
}

export interface Logins {
  readonly login?: Login
  /** What kept us from reading a login, of which a registry that wants one has to be told. */
  readonly trouble?: string
}

interface Entry {
  readonly auth?: unknown
  readonly username?: unknown
  readonly password?: unknown
  readonly identitytoken?: unknown
}

interface Contents {
  readonly auths: Readonly<Record<string, Entry>>
  readonly credHelpers: Readonly<Record<string, unknown>>
  readonly credsStore: unknown
}

/**
 * The login that podman, skopeo or docker left for `host/repository`: of the first file that has one, that of the
 * longest key that is a prefix. A file or a program that cannot be read is no hindrance to public images; of a file that
 * the caller named it is a UserError.
 */
export async function findLogin(
  host: string,
  repository: string,
  files: readonly AuthFile[] = authFiles(),
): Promise<Logins> {
  let trouble: string | undefined
  for (const file of files) {
    try {
      const login = await loginIn(file, host, repository)
      if (login) return { login }
    } catch (error) {
      if (!(error instanceof UserError) || file.named) throw error
      trouble ??= error.message
    }
  }
  return trouble === undefined ? {} : { trouble }
}

/** Throws UserError when a file that the caller names is not as it should be, whether or not it is needed. */
export function checkNamedFiles(files: readonly AuthFile[]): void {
  for (const file of files) if (file.named) readAuthFile(file)
}

const hub = ['docker.io', 'index.docker.io', 'registry-1.docker.io']

async function loginIn(where: AuthFile, host: string, repository: string): Promise<Login | undefined> {
  const contents = readAuthFile(where)
  if (!contents) return undefined
  const paths = repository.split('/').map((_, index, all) => all.slice(0, all.length - index).join('/'))
  const hosts = hub.includes(host) ? hub : [host]
  const keys = [...paths.flatMap(path => hosts.map(one => `${one}/${path}`)), ...hosts]
  const helper = lookUp(contents.credHelpers, keys) ?? (contents.credsStore || undefined)
  const kept = helper === undefined ? undefined : await askHelper(helper, host, where.file)
  if (kept) return kept
  const entry = lookUp(contents.auths, keys)
  return entry && toLogin(entry, where.file)
}

/** Exact keys first; docker once wrote addresses, `https://HOST/v1/`. */
function lookUp<T>(table: Readonly<Record<string, T>>, keys: readonly string[]): T | undefined {
  const plain = new Map(Object.entries(table).map(([key, value]) => [plainKey(key), value]))
  for (const key of keys) {
    const found = Object.hasOwn(table, key) ? table[key] : plain.get(key)
    if (found !== undefined) return found
  }
  return undefined
}

function plainKey(key: string): string {
  const [, address] = /^https?:\/\/([^/]*)/i.exec(key) ?? []
  return address ?? key.replace(/\/(v[12]\/?)?$/, '')
}

/** Undefined where there is none, or the file says no more than that somebody logged in. */
function toLogin({ auth, username, password, identitytoken }: Entry, from: string): Login | undefined {
  if (typeof identitytoken === 'string' && identitytoken) return { identityToken: identitytoken, from }
  if (typeof auth === 'string' && auth) {
    const text = Buffer.from(auth, 'base64').toString().replace(/\0+$/, '')
    const colon = text.indexOf(':')
    if (colon > 0) return { user: text.slice(0, colon), password: text.slice(colon + 1), from }
    throw new UserError(`${from}: a login is not the base64 of USER:PASSWORD: log in again`)
  }
  if (typeof username !== 'string' || typeof password !== 'string' || !username) return undefined
  return { user: username, password, from }
}

/** More than anybody's logins. */
const maxBytes = 4 << 20

function readAuthFile({ file, needed, legacy }: AuthFile): Contents | undefined {
  let text: string
  try {
    const status = statSync(file)
    if (!status.isFile() || status.size > maxBytes) throw new UserError(`${file} is no file of logins`)
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if (error instanceof UserError) throw error
    const { code } = error as NodeJS.ErrnoException
    if (!needed && (code === 'ENOENT' || code === 'ENOTDIR')) return undefined
    const unset = needed ? ': REGISTRY_AUTH_FILE names it; log in, or unset that' : ''
    throw new UserError(`${file} cannot be read (${code})${unset}`)
  }
  const value = parseObject(text, file)
  if (legacy) return { auths: tableOf(value, file), credHelpers: {}, credsStore: undefined }
  const { auths, credHelpers, credsStore } = value
  return {
    auths: tableOf(auths ?? {}, file),
    credHelpers: tableOf(credHelpers ?? {}, file),
    credsStore,
  } as Contents
}

function parseObject(text: string, file: string): Record<string, unknown> {
  try {
    return tableOf(JSON.parse(text), file)
  } catch (error) {
    if (error instanceof UserError) throw error
    // What JSON.parse says quotes the text, and with it passwords.
    throw new UserError(`${file} is not JSON: log in again, or remove it`)
  }
}

function tableOf<T>(value: unknown, file: string): Record<string, T> {
  const isTable = (one: unknown) => typeof one === 'object' && one !== null && !Array.isArray(one)
  if (isTable(value)) return value as Record<string, T>
  throw new UserError(`${file} is no file of logins: it should be {"auths": {"HOST": {"auth": "…"}}}`)
}
