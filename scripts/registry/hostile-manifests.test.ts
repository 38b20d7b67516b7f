import {
  breaks,
  closes,
  drips,
  dripsHeaders,
  endless,
  raw,
  redirect,
  silent,
  stalls,
} from '../testing/hostile-answers.ts'
import { type Row, testOneLine } from '../testing/one-line.ts'
import { type Handler, json, sends, sha256, smallImage } from '../testing/scripted-registry.ts'

const image = smallImage()
const digest = sha256(image.layer)
const index = (manifests: unknown) =>
  json({ schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests })
const withLayer = (change: object) =>
  json({ ...image.manifest, layers: [{ ...image.manifest.layers[0], ...change }] })
const amd64 = { os: 'linux', architecture: 'amd64' }

const rows: readonly Row[] = (
  [
    ['not JSON', sends(200, '<html>Log in to the hotel</html>'), /a manifest that is not JSON$/],
    ['null', json(null), /a manifest that is no JSON object/],
    ['a list', json([]), /no JSON object/],
    ['a text', json('x'), /no JSON object/],
    ['nothing', sends(200), /not JSON/],
    ['204', (_, response) => response.writeHead(204).end(), /answers 204 for/],
    ['bytes that are no text', sends(200, Buffer.from([0xff, 0xfe, 0])), /not JSON/],
    ['JSON of another kind', json({ hello: 1 }), /it is no image, but JSON of another kind/],
    [
      'an artifact',
      json({ mediaType: 'application/vnd.oci.artifact.manifest.v1+json', blobs: [] }),
      /no image, but application\/vnd\.oci\.artifact/,
    ],
    [
      'a type that colours the terminal',
      json({ mediaType: '\u001b[31m\n# Approved' }),
      /no image, but "\\u001b\[31m\\n# Approved"/,
    ],
    ['cut short', breaks, /does not answer: /],
    ['a closed connection', closes, /does not answer: /],
    ['endless', endless, /more than 4194304 bytes, which is all/],
    [
      '1.5 GB by its length',
      (_, response) => response.writeHead(200, { 'content-length': 1.5e9 }).write('{'),
      /more than 4194304 bytes/,
    ],
    [
      'more than a manifest may have',
      sends(200, Buffer.alloc((4 << 20) + 1, ' ')),
      /more than 4194304 bytes/,
    ],
    ['silence', silent, /does not answer: no word in 0\.15 s/],
    ['a stalled body', stalls, /does not answer: no word in 0\.15 s/],
    ['a dripping body', drips, /sends no more than \d+ bytes in 0\.\d s/],
    ['dripping headers', dripsHeaders, /no word in 0\.15 s/],
    [
      'huge headers',
      (_, response) => response.writeHead(200, { x: 'y'.repeat(1 << 20) }).end('{}'),
      /does not answer: .*[Hh]eader/,
    ],
    ['no HTTP', raw('SSH-2.0-OpenSSH_9.2\r\n'), /does not answer: /],
    [
      'a broken chunk',
      raw('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'),
      /does not answer: /,
    ],
    [
      'two lengths',
      raw('HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}'),
      /does not answer: /,
    ],
    ['500', sends(500), /answers 500$/],
    [
      '503 that asks for an hour',
      sends(503, '', { 'retry-after': '3600' }),
      /answers 503, and asks to be left alone for 3600 s: try again later/,
    ],
    [
      '429 until next year',
      sends(429, '', { 'retry-after': 'Fri, 31 Dec 2100 23:59:59 GMT' }),
      /answers 429, and asks to be left alone/,
    ],
    ['429 until nonsense', sends(429, '', { 'retry-after': 'soon' }), /answers 429$/],
    ['403', sends(403), /lets nobody read x without a login.*'docker login 127/],
    ['404', sends(404), /has no x, or no 1 of it$/],
    ['418', sends(418), /answers 418 for /],
    ['a redirect to itself', redirect('/v2/x/manifests/1'), /sends on more than 5 times/],
    ['a redirect to nowhere', sends(302), /sends on to nothing, which is no address/],
    ['a redirect to no address', redirect('http://['), /which is no address/],
    [
      'a redirect to another over http',
      redirect('http://example.com/x'),
      /http:\/\/example\.com: only https is followed/,
    ],
    [
      'a redirect to a name that looks local',
      redirect('http://localhost.example.com/x'),
      /only https is followed/,
    ],
    ['a redirect to a file', redirect('file:///etc/passwd'), /only https is followed/],
    ['a redirect with a password', redirect('https://u:secret@127.0.0.1:1/'), /: only https is followed/],
    ['docker schema 1', json({ schemaVersion: 1, fsLayers: [] }), /docker schema 1/],
    ['layers and manifests', json({ ...image.manifest, manifests: [] }), /both layers and manifests/],
    ['no layers', json({ ...image.manifest, layers: undefined }), /no list of layers/],
    ['layers of null', json({ ...image.manifest, layers: null }), /no list of layers/],
    ['a layer of null', json({ ...image.manifest, layers: [null] }), /does not say what layer 1 of 1 is/],
    [
      '513 layers',
      json({ ...image.manifest, layers: Array(513).fill(image.manifest.layers[0]) }),
      /513 layers; at most 512/,
    ],
    ['a layer without a type', withLayer({ mediaType: undefined }), /layer 1 of 1 has no mediaType/],
    [
      'a layer that is none',
      withLayer({ mediaType: 'application/vnd.cncf.helm.chart.content.v1.tar+gzip' }),
      /helm\S+, which is no layer of an image/,
    ],
    [
      'a layer of sha512',
      withLayer({ digest: `sha512:${'0'.repeat(128)}` }),
      /the digest sha512:0+….*: sha256 with 64/,
    ],
    [
      'a digest that leaves the folder',
      withLayer({ digest: 'sha256:../../../../etc/passwd' }),
      /the digest sha256:\.\./,
    ],
    ['a digest of a number', withLayer({ digest: 7 }), /the digest 7/],
    ['a negative size', withLayer({ size: -1 }), /the size -1, which is no number of bytes/],
    ['a size of words', withLayer({ size: 'big' }), /the size big/],
    ['half a byte', withLayer({ size: 0.5 }), /the size 0\.5/],
    ['a layer of a petabyte', withLayer({ size: 1e15 }), /its layers have 1000000000000000 bytes; at most/],
    [
      'no configuration',
      json({ ...image.manifest, config: undefined }),
      /does not say what its configuration is/,
    ],
    [
      'a huge configuration',
      json({ ...image.manifest, config: { ...image.manifest.config, size: 1e9 } }),
      /its configuration has 1000000000 bytes/,
    ],
    ['an index of null', index(null), /its index has no list of manifests/],
    ['an index without manifests', index(undefined), /its index has no list of manifests/],
    ['an index of nothing', index([]), /is there for no platform, not for linux\/amd64/],
    ['an entry of null', index([null]), /entry 1 of its index has no digest/],
    ['an entry without a digest', index([{ platform: amd64 }]), /entry 1 of its index has no digest/],
    [
      'an entry of sha512',
      index([{ digest: `sha512:${'0'.repeat(128)}`, platform: amd64 }]),
      /sha256 with 64 hex digits/,
    ],
    [
      'an entry that is not there',
      index([{ digest, platform: amd64 }]),
      /its index names sha256:\w+, and the registry has no such manifest/,
    ],
    [
      'only another platform',
      index([{ digest, platform: { os: 'linux', architecture: 's390x' } }]),
      /there for linux\/s390x, not for/,
    ],
    [
      'only attestations',
      index([{ digest, platform: { os: 'unknown', architecture: 'unknown' } }]),
      /there for no platform/,
    ],
    [
      'a platform that colours the terminal',
      index([{ digest, platform: { os: '\u001b[2J', architecture: 'x' } }]),
      /there for "\\u001b\[2J\/x"/,
    ],
  ] as readonly (readonly [string, Handler, RegExp])[]
).map(([what, manifest, message]) => [what, { manifest }, message])

testOneLine('a manifest of', image, rows)
