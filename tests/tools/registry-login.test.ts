import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createPrivateKey, sign, X509Certificate } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { execa } from 'execa'
import { temporaryFolder } from '../../scripts/lib/temporary-folder.ts'
import { pull } from '../../scripts/registry/pull.ts'
import { freePort } from '../../scripts/testing/loopback.ts'
import { startRegistry } from '../registry.ts'

const folder = temporaryFolder()
const authFile = join(folder, 'auth.json')
const options = { files: [{ file: authFile, named: true, needed: true, legacy: false }], trusted: [] }
const run = (program: string, ...args: string[]) =>
  execFileSync(program, args, { stdio: 'pipe', encoding: 'utf8' })

/** An image of one file, as umoci makes it. */
function makeImage(): string {
  const layout = join(folder, 'layout')
  writeFileSync(join(folder, 'hello'), 'hello\n')
  run('tar', '-C', folder, '-cf', join(folder, 'hello.tar'), 'hello')
  run('umoci', 'init', '--layout', layout)
  run('umoci', 'new', '--image', `${layout}:latest`)
  run('umoci', 'raw', 'add-layer', '--image', `${layout}:latest`, join(folder, 'hello.tar'))
  return layout
}
const image = makeImage()
/** Not synchronous: the token server is in this process. */
const skopeo = (verb: string, ...args: string[]) => execa('skopeo', [verb, '--authfile', authFile, ...args])

/** Pushed by skopeo, it is what skopeo pulls; without the login nobody does, and one line says what to do. */
async function roundTrip(host: string): Promise<void> {
  await skopeo('login', '--tls-verify=false', '--username=me', '--password=pass:word', host)
  await skopeo('copy', '--dest-tls-verify=false', `oci:${image}:latest`, `docker://${host}/a/b:1`)
  const layout = join(folder, `pulled-${host.replace(':', '-')}`)
  await pull(`${host}/a/b:1`, 'linux/amd64', layout, options)
  const theirs = `${layout}-skopeo`
  await skopeo('copy', '--src-tls-verify=false', `docker://${host}/a/b:1`, `oci:${theirs}:latest`)
  assert.equal(run('ls', join(layout, 'blobs/sha256')), run('ls', join(theirs, 'blobs/sha256')))
  writeFileSync(join(folder, 'none.json'), '{}')
  const none = { files: [{ ...options.files[0]!, file: join(folder, 'none.json') }] }
  await assert.rejects(pull(`${host}/a/b:1`, 'linux/amd64', layout, none), {
    name: 'UserError',
    message: new RegExp(`^${host} lets nobody read a/b without a login, .*'skopeo login ${host}'$`),
  })
}

test('a registry that wants a password gets the one that skopeo stored', async () => {
  const passwords = join(folder, 'htpasswd')
  writeFileSync(passwords, run('htpasswd', '-Bbn', 'me', 'pass:word'))
  const registry = await startRegistry({ htpasswd: { realm: 'a "quoted, realm"', path: passwords } })
  await roundTrip(registry.host).finally(registry.stop)
})

test('a registry that wants a token gets it of its own token server, for the password', async () => {
  const { key, cert } = certificate()
  const port = await freePort()
  const asked: string[] = []
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url!, 'http://x')
    asked.push(String(request.headers.authorization))
    if (request.headers.authorization !== `Basic ${btoa('me:pass:word')}`)
      return response.writeHead(401).end()
    response.end(JSON.stringify({ token: token(key, cert, searchParams), expires_in: 60 }))
  })
  await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve))
  const realm = `http://127.0.0.1:${port}/token`
  const registry = await startRegistry({
    token: { realm, service: 'here', issuer: 'test', rootcertbundle: cert },
  })
  try {
    await roundTrip(registry.host)
    assert.ok(asked.length > 2)
  } finally {
    registry.stop()
    server.close()
    server.closeAllConnections()
  }
})

function certificate() {
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  run(
    'openssl',
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    key,
    '-out',
    cert,
    '-subj',
    '/CN=test',
  )
  return { key, cert }
}

/** A JSON web token that allows what is asked for. */
function token(key: string, cert: string, query: URLSearchParams): string {
  const x5c = [new X509Certificate(readFileSync(cert)).raw.toString('base64')]
  const now = Math.floor(Date.now() / 1000)
  const access = query.getAll('scope').map(scope => {
    const [type, name, actions] = scope.split(':')
    return { type, name, actions: actions?.split(',') }
  })
  const claims = {
    iss: 'test',
    sub: 'me',
    aud: 'here',
    iat: now,
    nbf: now - 5,
    exp: now + 60,
    jti: 'x',
    access,
  }
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const text = `${part({ typ: 'JWT', alg: 'RS256', x5c })}.${part(claims)}`
  return `${text}.${sign('sha256', Buffer.from(text), createPrivateKey(readFileSync(key))).toString('base64url')}`
}
