import assert from 'node:assert/strict'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { UserError } from '../lib/errors.ts'
import { inRepo } from '../lib/paths.ts'
import {
  describe as descriptor,
  type Handler,
  json,
  scriptedRegistry,
  sends,
  sha256,
  smallImage,
} from '../testing/scripted-registry.ts'
import { type Distro, readDistro } from '../workspace/distro.ts'
import { describePin, describeReleases } from './describe.ts'
import { movePin } from './move.ts'

const folder = mkdtempSync(join(tmpdir(), 'pin-'))
after(() => rmSync(folder, { recursive: true }))

const index = 'application/vnd.oci.image.index.v1+json'
const [old, release, latest] = ['2023.12.20260930', '2023.12.20261102', '2023.12.20261116'] as const

/** An index of both platforms' images, and what a registry answers for all of it by digest. */
function bothPlatforms(platforms: readonly string[] = ['amd64', 'arm64']) {
  const images = platforms.map(architecture => ({
    architecture,
    ...smallImage({}, { os: 'linux', architecture }),
  }))
  const manifests = images.map(({ architecture, manifest }) => ({
    ...descriptor(Buffer.from(JSON.stringify(manifest)), manifest.mediaType),
    platform: { os: 'linux', architecture },
  }))
  const whole = { schemaVersion: 2, mediaType: index, manifests }
  const digest = sha256(JSON.stringify(whole))
  const answer = json(whole, { 'content-type': index })
  const blobs = images.flatMap(({ manifest, config }) => [
    [
      `/v2/x/manifests/${sha256(JSON.stringify(manifest))}`,
      json(manifest, { 'content-type': manifest.mediaType }),
    ],
    [`/v2/x/blobs/${sha256(config)}`, sends(200, config)],
  ])
  return { digest, answer, byDigest: { [`/v2/x/manifests/${digest}`]: answer, ...Object.fromEntries(blobs) } }
}

const { digest, answer, byDigest } = bothPlatforms()
const onlyOne = bothPlatforms(['amd64'])

/** As Amazon's servers tell of releases. */
const releasemd = `<?xml version="1.0" encoding="utf8"?>
<root>
    <releases>
        <release version="${old}">
            <update>
                <name>${release}</name>
                <version_string>${release}</version_string>
                <release_notes>https://example.com</release_notes>
            </update>
        </release>
        <!-- <release version="2099.1.20990101"/> -->
        <release version="${release}"/>
        <release version="2023.9.20251105"/>
        <release version="${latest}"/>
    </releases>
</root>
`
const repomd = `<?xml version="1.0" encoding="UTF-8"?>
<repomd xmlns="http://linux.duke.edu/metadata/repo">
  <data type="primary"><location href="repodata/primary.xml.gz"/></data>
</repomd>
`
const guid = (arch: string) => `/core/guids/${sha256(arch).slice(7)}/${arch}/`
const signature = '-----BEGIN PGP SIGNATURE-----\n\n-----END PGP SIGNATURE-----\n'

/** A release's repositories, as Amazon's servers have them: a list of one mirror, and metadata on it. */
const repositories = Object.fromEntries(
  ['x86_64', 'aarch64'].flatMap((arch): [string, Handler][] => [
    [
      `/core/mirrors/${release}/${arch}/mirror.list`,
      (request, response) => sends(200, `http://${request.headers.host}${guid(arch)}\n`)(request, response),
    ],
    [`${guid(arch)}repodata/repomd.xml`, sends(200, repomd)],
    [`${guid(arch)}repodata/repomd.xml.asc`, sends(200, signature)],
  ]),
)

const amazon: Record<string, Handler> = {
  '/core/releasemd.xml': sends(200, releasemd),
  ...repositories,
  [`/v2/x/manifests/${release}.1`]: answer,
  ...byDigest,
}

/** al2023's own data file, but for what it asks: one loopback server that answers for Amazon, with a change. */
async function pinned(change: Record<string, Handler> = {}) {
  const server = await scriptedRegistry({}, smallImage(), { ...amazon, ...change })
  const file = join(mkdtempSync(join(folder, 'case-')), 'al2023.yaml')
  cpSync(inRepo('images', 'distro', 'al2023.yaml'), file)
  const text = readFileSync(file, 'utf8')
    .replaceAll(/2023\.12\.\d{8}/g, old)
    .replace(/reference: .*/, `reference: ${server.host}/x:${old}.0`)
    .replace('https://cdn.amazonlinux.com/al2023', `http://${server.host}`)
  writeFileSync(file, text)
  return { server, file, text, distro: readDistro('al2023', join(file, '..')) }
}

const timed = async <T>(work: () => Promise<T>): Promise<T> => {
  const start = performance.now()
  try {
    return await work()
  } finally {
    assert.ok(performance.now() - start < 15_000)
  }
}

test('the pin moves: release, image and digest together, and not a byte else', async () => {
  const { server, file, text, distro } = await pinned({ [`/v2/x/manifests/${release}.0`]: onlyOne.answer })
  const changes = await timed(() => movePin(distro, file, release)).finally(server.stop)
  const [before] = /sha256:[0-9a-f]{64}/.exec(text)!
  assert.deepEqual(changes, [
    `- release: &release ${old}`,
    `+ release: &release ${release}`,
    `-   reference: ${server.host}/x:${old}.0`,
    `+   reference: ${server.host}/x:${release}.1`,
    `-   digest: ${before}`,
    `+   digest: ${digest}`,
  ])
  assert.equal(
    readFileSync(file, 'utf8'),
    text
      .replace(`&release ${old}`, `&release ${release}`)
      .replace(`:${old}.0`, `:${release}.1`)
      .replace(before, digest),
  )
  assert.ok(!existsSync(`${file}.new`))
  const moved: Distro = readDistro('al2023', join(file, '..'))
  assert.equal(moved.files['/etc/dnf/vars/releasever'], release)
  assert.equal(new Date(moved.epoch * 1000).toISOString(), '2026-11-02T00:00:00.000Z')
})

test('an image may be named by its number; what is pinned already changes nothing', async () => {
  const { server, file, distro } = await pinned()
  await movePin(distro, file, `${release}.1`)
  const moved = readDistro('al2023', join(file, '..'))
  assert.deepEqual(await movePin(moved, file, release).finally(server.stop), [])
})

/** What is asked for, what the server answers otherwise, and the one line that says why the pin stays. */
const refused: readonly [what: string, word: string, change: Record<string, Handler>, why: RegExp][] = [
  [
    'a release that is not',
    '2023.12.20261109',
    {},
    /no repositories of 2023\.12\.20261109: http\S+\/2023\.12\.20261109\/x86_64\/mirror\.list is not there/,
  ],
  [
    'a release that is not, as S3 says it',
    release,
    {
      [`/core/mirrors/${release}/aarch64/mirror.list`]: sends(
        403,
        '<Error><Code>AccessDenied</Code></Error>',
      ),
    },
    /no repositories of 2023\.12\.20261102: http\S+aarch64/,
  ],
  ['no release', 'latest', {}, /latest is no release of al2023: write it as 2023\.12\.20260930, or/],
  ['no day', '2023.12.1', {}, /2023\.12\.1 is no release/],
  ['a path', `../../${release}`, {}, /is no release/],
  [
    'no image of the release',
    release,
    { [`/v2/x/manifests/${release}.1`]: sends(404) },
    /\/x has no such image: asked for the tags 2023\.12\.20261102\.0 to 2023\.12\.20261102\.9/,
  ],
  ['no image of that number', `${release}.3`, {}, /asked for the tag 2023\.12\.20261102\.3$/],
  [
    'an image for one platform',
    release,
    { [`/v2/x/manifests/${release}.1`]: onlyOne.answer, ...onlyOne.byDigest },
    /is there for linux\/amd64, not for linux\/arm64/,
  ],
  [
    'other bytes by digest than by tag',
    release,
    { [`/v2/x/manifests/${digest}`]: onlyOne.answer },
    /sent sha256:[0-9a-f]{64} where sha256:[0-9a-f]{64} was asked for/,
  ],
  [
    'a tag with a digest that the registry does not have',
    release,
    { [`/v2/x/manifests/${digest}`]: sends(404) },
    /has no x/,
  ],
  [
    'a rate limit',
    release,
    { [`/v2/x/manifests/${release}.5`]: sends(429, '', { 'retry-after': '60' }) },
    /answers 429/,
  ],
  ['a registry that hangs', release, { [`/v2/x/manifests/${release}.5`]: () => {} }, /no word in 5 s/],
  [
    'a list of mirrors that hangs',
    release,
    { [`/core/mirrors/${release}/x86_64/mirror.list`]: () => {} },
    /no word in 5 s/,
  ],
  [
    'a list of mirrors that is a page',
    release,
    { [`/core/mirrors/${release}/x86_64/mirror.list`]: sends(200, '<html>\x1b[31mLog in</html>') },
    /mirror\.list is no list of mirrors; it begins "<html>/,
  ],
  [
    'a mirror that is not private',
    release,
    { [`/core/mirrors/${release}/x86_64/mirror.list`]: sends(200, 'http://example.com/') },
    /is no list of mirrors; it begins http:\/\/example\.com\/$/,
  ],
  [
    'metadata that is not there',
    release,
    { [`${guid('x86_64')}repodata/repomd.xml`]: sends(404) },
    /repomd\.xml is not there/,
  ],
  [
    'metadata that is not XML',
    release,
    { [`${guid('x86_64')}repodata/repomd.xml`]: sends(200, 'repomd') },
    /repomd\.xml is no index of a repository's metadata/,
  ],
  [
    'metadata that nobody signed',
    release,
    { [`${guid('aarch64')}repodata/repomd.xml.asc`]: sends(403) },
    /metadata of 2023\.12\.20261102's repositories is not signed.*2023\.11\.20260406 is the first/,
  ],
]

describe('the pin stays, with the reason in one line', { concurrency: true }, () => {
  for (const [what, word, change, why] of refused) {
    test(what, async () => {
      const { server, file, text, distro } = await pinned(change)
      const moved = timed(() => movePin(distro, file, word)).finally(server.stop)
      await assert.rejects(moved, (error: Error) => {
        assert.ok(error instanceof UserError, `${error}`)
        assert.match(error.message, why)
        assert.doesNotMatch(error.message, /\p{Cc}/u)
        return true
      })
      assert.equal(readFileSync(file, 'utf8'), text)
    })
  }

  test('no network', async () => {
    const { server, file, distro } = await pinned()
    server.stop()
    await assert.rejects(movePin(distro, file, release), /does not answer: connect ECONNREFUSED/)
  })
})

test('without a demand for signatures, a release without them may be pinned', async () => {
  const { server, file, text } = await pinned({ [`${guid('aarch64')}repodata/repomd.xml.asc`]: sends(403) })
  writeFileSync(file, text.replace('repo_gpgcheck=1', 'repo_gpgcheck=0'))
  const changes = await movePin(readDistro('al2023', join(file, '..')), file, release).finally(server.stop)
  assert.equal(changes.length, 6)
})

test('the releases that there are, newest first, and the one that is pinned', async () => {
  const { server, distro } = await pinned()
  assert.deepEqual(await describeReleases(distro).finally(server.stop), [
    `  ${latest}`,
    `  ${release}`,
    `  ${old}  pinned`,
    '  2023.9.20251105',
  ])
})

test('of many old ones but the number is told, and of a pin that is not among them, that', async () => {
  const many = Array.from({ length: 40 }, (_, day) => `<release version="2023.8.202501${day + 10}"/>`).join(
    '\n',
  )
  const { server, distro } = await pinned({
    '/core/releasemd.xml': sends(200, `<root><releases>${many}</releases></root>`),
  })
  const lines = await describeReleases(distro).finally(server.stop)
  assert.equal(lines.length, 14)
  assert.deepEqual(lines.slice(-2), ['  and 28 older', `${old}, which is pinned, is not among them`])
})

describe('no list of releases, with the reason', { concurrency: true }, () => {
  for (const [what, handler, why] of [
    [
      'not XML',
      sends(200, 'Welcome to the \x1b[31mhotel'),
      /releasemd\.xml is no list of releases; it begins "Welcome/,
    ],
    ['XML of another kind', sends(200, '<root><releases></releases></root>'), /is no list of releases/],
    ['a list that is cut off', sends(200, releasemd.slice(0, 300)), /is no list of releases/],
    ['gone', sends(404), /releasemd\.xml is not there/],
    [
      'no end',
      (_: unknown, response: Parameters<Handler>[1]) => void response.write('<root>'),
      /no word in 5 s/,
    ],
    ['too much', sends(200, Buffer.alloc(5 << 20)), /has more than 4194304 bytes/],
    [
      'a rate limit',
      sends(429, '', { 'retry-after': '60' }),
      /answers 429, and asks to be left alone for 60 s/,
    ],
    ['out of order', sends(418), /answers 418/],
  ] as [string, Handler, RegExp][]) {
    test(what, async () => {
      const { server, distro } = await pinned({ '/core/releasemd.xml': handler })
      await assert.rejects(timed(() => describeReleases(distro)).finally(server.stop), (error: Error) => {
        assert.match(error.message, why)
        assert.doesNotMatch(error.message, /\p{Cc}/u)
        return true
      })
    })
  }
})

test('the pin is told with what the registry says of it: there, tag moved, tag gone, gone', async () => {
  for (const [change, said] of [
    [{ [`/v2/x/manifests/${old}.0`]: answer }, /^the registry has it, and its tag names it$/],
    [{ [`/v2/x/manifests/${old}.0`]: onlyOne.answer }, /its tag now names sha256:.*, which changes nothing/],
    [{}, /the registry has it; its tag is gone, which changes nothing/],
    [{ [`/v2/x/manifests/${digest}`]: sends(404) }, /it cannot be had: 127\S+ no longer has/],
  ] as [Record<string, Handler>, RegExp][]) {
    const { server, distro } = await pinned(change)
    const image = { reference: distro.image!.reference, digest }
    const [first, second] = await describePin({ ...distro, image }).finally(server.stop)
    assert.equal(first, `al2023 is pinned to ${old}, ${server.host}/x:${old}.0@${digest}`)
    assert.match(second!, said)
  }
})

test('a distro whose repositories have no releases is moved by its image alone; one without an image, not', async () => {
  const { server, file } = await pinned({ '/v2/x/manifests/2.0.20261102.0': answer })
  const al2 = join(file, '..', 'al2.yaml')
  writeFileSync(
    al2,
    readFileSync(inRepo('images', 'distro', 'al2.yaml'), 'utf8').replace(
      /reference: .*:/,
      `reference: ${server.host}/x:`,
    ),
  )
  const distro = readDistro('al2', join(file, '..'))
  await assert.rejects(movePin(distro, al2, '2.0.20261102'), /is no release of al2/)
  const changes = await movePin(distro, al2, '2.0.20261102.0').finally(server.stop)
  assert.deepEqual(changes.filter(line => line.startsWith('+')).slice(0, 2), [
    '+ release: 2.0.20261102.0',
    `+   reference: ${server.host}/x:2.0.20261102.0`,
  ])
  await assert.rejects(movePin(readDistro('lab'), 'lab.yaml', '2'), /lab starts from no image/)
  assert.match((await describeReleases(distro)).join(), /no list of al2's releases is published/)
})
