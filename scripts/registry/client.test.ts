import assert from 'node:assert/strict'
import { test } from 'node:test'
import { first, image, loggedIn, pulls } from '../testing/pulling.ts'
import {
  type Handler,
  json,
  scriptedRegistry,
  sends,
  sha256,
  smallImage,
  wantsToken,
} from '../testing/scripted-registry.ts'

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
      else response.write(rest.subarray(0, 5), () => setTimeout(() => response.destroy(), 300))
    }
    const registry = await scriptedRegistry({ layer })
    await pulls(registry)
    const asked = registry.asked.filter(({ path }) => path.endsWith(sha256(big.layer)))
    // On a busy machine the first bytes may not be taken before the line breaks.
    const goesOn = asked.flatMap(({ range }) => range ?? [])
    assert.equal(asked.length, 3)
    assert.ok(goesOn.length > 0)
    for (const range of goesOn) assert.match(range, /^bytes=(5|10)-$/)
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
