import { drips, endless, stalls } from '../testing/hostile-answers.ts'
import { type Row, testOneLine } from '../testing/one-line.ts'
import { describe, type Handler, json, sends, sha256, smallImage } from '../testing/scripted-registry.ts'

const image = smallImage()
const index = (manifests: unknown) =>
  json({ schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests })
const withLayer = (change: object) =>
  json({ ...image.manifest, layers: [{ ...image.manifest.layers[0], ...change }] })
const bytesOf = (value: unknown) => Buffer.from(JSON.stringify(value))
const arm = smallImage({}, { os: 'linux', architecture: 'arm64' })
const amd64 = { os: 'linux', architecture: 'amd64' }

const at = (bytes: Buffer, handler: Handler = sends(200, bytes)) => ({
  [`/v2/x/manifests/${sha256(bytes)}`]: handler,
})
const entry = (bytes: Buffer, platform?: object, mediaType?: string) => ({
  digest: sha256(bytes),
  platform,
  mediaType,
})
const armManifest = bytesOf(arm.manifest)
const armConfig = { [`/v2/x/blobs/${sha256(arm.config)}`]: sends(200, arm.config) }
const emptyIndex = bytesOf({ mediaType: 'application/vnd.oci.image.index.v1+json', manifests: [] })
const many = Array.from({ length: 40 }, (_, number) =>
  bytesOf({ mediaType: 'application/vnd.oci.image.index.v1+json', manifests: [], number }),
)

const rest: readonly Row[] = [
  [
    'one manifest for another platform',
    { manifest: json(arm.manifest) },
    /:1 is for linux\/arm64, not for linux\/amd64/,
    armConfig,
  ],
  [
    'an index that calls another platform ours',
    { manifest: index([entry(armManifest, amd64)]) },
    /is for linux\/arm64, not for/,
    { ...armConfig, ...at(armManifest) },
  ],
  [
    'an entry without a platform that is for another',
    { manifest: index([entry(armManifest)]) },
    /there for linux\/arm64, not for/,
    { ...armConfig, ...at(armManifest) },
  ],
  [
    'an index that calls an index a manifest',
    { manifest: index([entry(emptyIndex, amd64)]) },
    /calls it a manifest, but it is an index/,
    at(emptyIndex),
  ],
  [
    'an entry of other bytes',
    { manifest: index([entry(armManifest, amd64)]) },
    /sent sha256:\w+ where sha256:\w+ was asked for/,
    at(armManifest, sends(200, '{}')),
  ],
  [
    'indexes without end',
    { manifest: index(many.map(one => entry(one))) },
    /more than 32 manifests do not say/,
    Object.assign({}, ...many.map(one => at(one))),
  ],
  [
    'a configuration that is not there',
    { config: sends(404) },
    /has the manifest of x, but not its configuration, sha256:/,
  ],
  [
    'a configuration of other bytes',
    { config: sends(200, Buffer.alloc(image.config.length)) },
    /its configuration: the registry sent \d+ bytes with the sha256/,
  ],
  [
    'a layer that is not there',
    { layer: sends(404) },
    /but not layer 1 of 1, sha256:\w+: push the image again/,
  ],
  ['a layer that nobody may read', { layer: sends(403) }, /lets nobody read x without a login/],
  [
    'a layer of other bytes',
    { layer: sends(200, Buffer.alloc(image.layer.length)) },
    /the registry sent \d+ bytes with the sha256 \w+ as sha256:/,
  ],
  [
    'a longer layer',
    { layer: sends(200, Buffer.alloc(9999)) },
    /layer 1 of 1, sha256:\w+, has more than its \d+ bytes/,
  ],
  ['an endless layer', { layer: endless }, /has more than its \d+ bytes/],
  [
    'a shorter layer',
    { layer: sends(200, image.layer.subarray(1)) },
    /sent \d+ of the \d+ bytes of layer 1 of 1/,
  ],
  ['an empty layer', { layer: sends(200) }, /sent 0 of the \d+ bytes/],
  [
    'a layer that breaks off',
    {
      layer: (_, response) => {
        response.writeHead(200, { 'content-length': 99 }).write('x')
        setTimeout(() => response.destroy(), 5)
      },
    },
    /does not answer: /,
  ],
  ['a stalled layer', { layer: stalls }, /no word in 0\.15 s/],
  ['a dripping layer', { layer: drips }, /has more than its|sends no more than/],
  ['a layer from a server that refuses', { layer: sends(500) }, /answers 500/],
  [
    'a part of a layer that nobody asked for',
    { layer: sends(206, 'x', { 'content-range': 'bytes 7-8/9' }) },
    /sent 1 of the \d+ bytes/,
  ],
  [
    'a layer that lies elsewhere over http',
    { manifest: withLayer({ urls: ['http://example.com/l'] }), layer: sends(404) },
    /layer 1 of 1, \S+, is not in the registry but at http:\/\/example\.com\/l: only https/,
  ],
  [
    'a layer that lies nowhere',
    { manifest: withLayer({ urls: ['nowhere'] }), layer: sends(404) },
    /not in the registry but at nowhere/,
  ],
  [
    'a layer that lies in a file',
    { manifest: withLayer({ urls: ['file:///etc/passwd'] }), layer: sends(404) },
    /only https is used/,
  ],
]

const configs = (
  [
    ['not JSON', 'x', /a configuration that is not JSON/],
    ['null', 'null', /a configuration that is no JSON object/],
    ['of an artifact', '{}', /its configuration, \S+, names no platform: it is no image/],
    ['for a number', '{"os":1,"architecture":2}', /names no platform/],
    ['for what colours the terminal', '{"os":"\\u001b[2J","architecture":"x"}', /is for "\\u001b\[2J\/x"/],
  ] as const
).map(([what, text, message]): Row => {
  const bytes = Buffer.from(text)
  const config = describe(bytes, 'application/vnd.oci.image.config.v1+json')
  const other = { [`/v2/x/blobs/${sha256(bytes)}`]: sends(200, bytes) }
  return [`a configuration ${what}`, { manifest: json({ ...image.manifest, config }) }, message, other]
})

testOneLine('the rest of an image:', image, [...rest, ...configs])
