import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { blobPath } from '../oci/blobs.ts'
import {
  type Handler,
  json,
  scriptedRegistry,
  sends,
  sha256,
  smallImage,
  wantsToken,
} from '../testing/scripted-registry.ts'
import { temporaryFolder } from '../lib/temporary-folder.ts'
import type { Options } from './client.ts'
import { usualLimits } from './limits.ts'
import { pull } from './pull.ts'

const folder = temporaryFolder()
const limits = { ...usualLimits, pause: 2 }
const image = smallImage()
const basic = (user: string) => `Basic ${btoa(`${user}:word`)}`

type Registry = Awaited<ReturnType<typeof scriptedRegistry>>

/** Options with a login for a host. */
function loggedIn(host: string, entry: object = { auth: btoa('me:word') }): Options {
  const file = join(mkdtempSync(join(folder, 'login-')), 'auth.json')
  writeFileSync(file, JSON.stringify({ auths: { [host]: entry } }))
  return { limits, files: [{ file, named: true, needed: true, legacy: false }], trusted: [] }
}

/** Pulls, and checks that what the registry has is there byte for byte. */
async function pulls(
  registry: Registry,
  options: Options = { limits, files: [] },
  of = image,
): Promise<void> {
  const layout = mkdtempSync(join(folder, 'layout-'))
  try {
    await pull(registry.reference, 'linux/amd64', layout, options)
  } finally {
    registry.stop()
  }
  assert.deepEqual(readFileSync(blobPath(layout, sha256(of.layer))), of.layer)
  assert.deepEqual(readFileSync(blobPath(layout, sha256(of.config))), of.config)
}

const tokensOf = ({ asked }: Registry) => asked.filter(({ path }) => path.startsWith('/token'))

/** The first times another answer, then the usual one. */
function first(times: number, handler: Handler): Handler {
  return (request, response) => {
    if (times-- > 0) handler(request, response)
  }
}

test('a token is asked for once, with what the challenge says', async () => {
  const registry = await scriptedRegistry({ first: wantsToken() })
  await pulls(registry)
  assert.deepEqual(
    tokensOf(registry).map(({ path, authorization }) => [path, authorization]),
    [['/token?scope=repository%3Ax%3Apull&service=s', undefined]],
  )
  const bare = await scriptedRegistry({
    token: json({ access_token: 'good' }),
    first: (request, response) =>
      wantsToken(() => 'good', `Bearer realm="http://${request.headers.host}/token?a=b"`)(request, response),
  })
  await pulls(bare)
  assert.equal(tokensOf(bare)[0]!.path, '/token?a=b&scope=repository%3Ax%3Apull')
})

test('a token that expires, as it says or sooner, is renewed in the middle of a pull', async () => {
  for (const expires_in of [0.001, 60]) {
    let number = 0
    const token: Handler = (request, response) =>
      json({ token: `t${++number}`, expires_in })(request, response)
    let served = 0
    const registry = await scriptedRegistry({
      token,
      first: (request, response) => {
        wantsToken(() => `t${number}`)(request, response)
        // What is good for the manifest is not for the configuration, and so on.
        if (!response.headersSent && expires_in === 60 && served++ < 2) number += 10
      },
    })
    await pulls(registry)
    assert.ok(tokensOf(registry).length >= 3, String(tokensOf(registry).length))
  }
})

test('a login is shown to the token server or, if that is asked for, to the registry itself', async () => {
  const withToken = await scriptedRegistry({ first: wantsToken() })
  await pulls(withToken, loggedIn(withToken.host))
  assert.match(tokensOf(withToken)[0]!.path, /&account=me$/)
  assert.equal(tokensOf(withToken)[0]!.authorization, basic('me'))
  const byPassword = await scriptedRegistry({
    first: ({ headers }, response) => {
      if (headers.authorization !== basic('me'))
        sends(401, '', { 'www-authenticate': 'Negotiate, bASIC realm="x"' })({} as never, response)
    },
  })
  await pulls(byPassword, loggedIn(byPassword.host))
  assert.deepEqual(
    byPassword.asked.slice(0, 2).map(({ authorization }) => authorization),
    [undefined, basic('me')],
  )
})

test('an identity token is exchanged, and never sent as a password', async () => {
  const registry = await scriptedRegistry({ first: wantsToken() })
  await pulls(registry, loggedIn(registry.host, { identitytoken: 'refresh me' }))
  const [{ authorization, body, path }] = tokensOf(registry) as [Registry['asked'][number]]
  assert.deepEqual([path, authorization], ['/token', undefined])
  assert.deepEqual(Object.fromEntries(new URLSearchParams(body)), {
    grant_type: 'refresh_token',
    client_id: 'eks-distro-base-workshop',
    refresh_token: 'refresh me',
    service: 's',
    scope: 'repository:x:pull',
  })
})

test('another host is not shown the password, unless it is trusted; without it public images still come', async () => {
  const server = await scriptedRegistry()
  const realm = `http://localhost:${server.host.split(':')[1]}/token`
  const challenge = `Bearer realm="${realm}"`
  const isPublic = await scriptedRegistry({ first: wantsToken(() => 'good', challenge) })
  await pulls(isPublic, loggedIn(isPublic.host))
  assert.equal(server.asked[0]!.authorization, undefined)
  assert.doesNotMatch(server.asked[0]!.path, /me/)
  const trusted = await scriptedRegistry({ first: wantsToken(() => 'good', challenge) })
  await pulls(trusted, { ...loggedIn(trusted.host), trusted: ['localhost'] })
  assert.equal(server.asked[1]!.authorization, basic('me'))
  server.stop()
  const strict = await scriptedRegistry({ token: sends(401) })
  const elsewhere = `http://localhost:${strict.host.split(':')[1]}/token`
  const closed = await scriptedRegistry({ first: wantsToken(() => 'good', `Bearer realm="${elsewhere}"`) })
  await assert.rejects(
    pulls(closed, loggedIn(closed.host)),
    /has its logins checked by localhost:\d+, which is not shown the password: set REGISTRY_TOKEN_HOSTS=localhost if/,
  )
  strict.stop()
})

test('a redirect to another origin is followed without the login', async () => {
  const store = await scriptedRegistry({}, image, { '/blob': sends(200, image.layer) })
  const registry = await scriptedRegistry({
    first: wantsToken(),
    layer: sends(307, '', { location: `http://${store.host}/blob` }),
  })
  await pulls(registry)
  store.stop()
  assert.deepEqual(
    store.asked.map(({ path, authorization }) => [path, authorization]),
    [['/blob', undefined]],
  )
})

test('who has no time is asked again when it says so', async () => {
  for (const handler of [
    sends(503),
    sends(500, 'down'),
    sends(429, '', { 'retry-after': '0' }),
    sends(429, '', { 'retry-after': new Date(Date.now() - 1000).toUTCString() }),
    (_: unknown, response: { destroy(): void }) => response.destroy(),
  ] as Handler[])
    await pulls(await scriptedRegistry({ first: first(2, handler) }))
  const token = first(2, sends(503))
  const good = json({ token: 'good' })
  await pulls(
    await scriptedRegistry({
      first: wantsToken(),
      token: (request, response) => {
        token(request, response)
        if (!response.headersSent) good(request, response)
      },
    }),
  )
})

test('what cannot pass by itself is asked once', async () => {
  for (const status of [403, 404, 400]) {
    const registry = await scriptedRegistry({ first: sends(status) })
    await assert.rejects(pulls(registry), { name: 'UserError' })
    assert.equal(registry.asked.length, 1, String(status))
  }
})

test('a layer whose line breaks goes on from there, or from the start where the registry cannot', async () => {
  const big = smallImage()
  for (const ranges of [true, false]) {
    let times = 0
    const layer: Handler = ({ headers }, response) => {
      const from = ranges ? Number(/\d+/.exec(headers.range ?? '0')![0]) : 0
      const rest = big.layer.subarray(from)
      const range = `bytes ${from}-${big.layer.length - 1}/${big.layer.length}`
      response.writeHead(from > 0 ? 206 : 200, {
        'content-length': rest.length,
        ...(from > 0 && { 'content-range': range }),
      })
      if (times++ === 2) response.end(rest)
      else response.write(rest.subarray(0, 5), () => setTimeout(() => response.destroy(), 20))
    }
    const registry = await scriptedRegistry({ layer })
    await pulls(registry)
    const asked = registry.asked.filter(({ path }) => path.endsWith(sha256(big.layer)))
    assert.deepEqual(
      asked.map(({ range }) => range),
      ranges ? [undefined, 'bytes=5-', 'bytes=10-'] : [undefined, 'bytes=5-', 'bytes=5-'],
    )
  }
})

test('the platform is that of the configuration, wherever an index leads to it', async () => {
  const index = (manifests: unknown[]) => ({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests,
  })
  const text = (value: unknown) => Buffer.from(JSON.stringify(value))
  const manifest = text(image.manifest)
  const arm = smallImage({}, { os: 'linux', architecture: 'arm64' })
  const entry = (bytes: Buffer, platform?: object, mediaType?: string) => ({
    digest: sha256(bytes),
    size: bytes.length,
    platform,
    mediaType,
  })
  const amd64 = { os: 'linux', architecture: 'amd64' }
  const inner = text(index([entry(manifest, amd64)]))
  const nested = 'application/vnd.oci.image.index.v1+json'
  const v3 = text({ ...image.manifest, annotations: { a: 'v3' } })
  for (const manifests of [
    [entry(manifest, amd64)],
    [entry(manifest)],
    [entry(text(arm.manifest)), entry(manifest)],
    [
      entry(text(arm.manifest), { os: 'linux', architecture: 'arm64', variant: 'v8' }),
      entry(inner, undefined, nested),
    ],
    [entry(inner, amd64, nested)],
    [entry(v3, { ...amd64, variant: 'v3' }), entry(manifest, { ...amd64, variant: 'v1' })],
    [entry(text('attestation'), { os: 'unknown', architecture: 'unknown' }), entry(manifest, amd64)],
  ]) {
    const at = (bytes: Buffer) => [`/v2/x/manifests/${sha256(bytes)}`, sends(200, bytes)]
    const others = Object.fromEntries([
      at(manifest),
      at(inner),
      at(text(arm.manifest)),
      [`/v2/x/blobs/${sha256(arm.config)}`, sends(200, arm.config)],
    ])
    await pulls(await scriptedRegistry({ manifest: json(index(manifests)) }, image, others))
  }
})

test('a manifest without a type is what its header or its form says', async () => {
  for (const [change, type] of [
    [{ mediaType: undefined }, 'application/vnd.oci.image.manifest.v1+json; charset=utf-8'],
    [{ mediaType: undefined }, 'text/plain'],
    [{ mediaType: 'application/vnd.docker.distribution.manifest.v2+json' }, 'application/json'],
  ] as const)
    await pulls(
      await scriptedRegistry({ manifest: json({ ...image.manifest, ...change }, { 'content-type': type }) }),
    )
})

test('a layer that the registry does not have comes from its address, which is shown no login', async () => {
  const store = await scriptedRegistry({}, image, { '/layer': sends(200, image.layer) })
  const urls = ['http://example.com/only/https', `http://${store.host}/layer`]
  const layers = [
    {
      ...image.manifest.layers[0]!,
      mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
      urls,
    },
  ]
  const registry = await scriptedRegistry({
    first: wantsToken(),
    layer: sends(404),
    manifest: json({ ...image.manifest, layers }),
  })
  await pulls(registry, loggedIn(registry.host))
  store.stop()
  assert.deepEqual(
    store.asked.map(({ path, authorization }) => [path, authorization]),
    [['/layer', undefined]],
  )
})
