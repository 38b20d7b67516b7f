import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  type Handler,
  json,
  scriptedRegistry,
  sends,
  sha256,
  smallImage,
  wantsToken,
} from '../testing/scripted-registry.ts'
import type { Distro } from '../workspace/distro.ts'
import { choose } from './choose-distro.ts'

const { manifest } = smallImage()
const there = json(manifest, { 'content-type': manifest.mediaType })
const digest = sha256(JSON.stringify(manifest))
const byDigest = (answer: Handler) => ({ [`/v2/x/manifests/${digest}`]: answer })
const silence: Handler = () => {}

const pinnedTo = (reference: string): Distro => ({
  name: 'al2023',
  release: '1',
  epoch: 5,
  network: 'default',
  image: { reference, digest },
  files: {},
})

type Answers = Parameters<typeof scriptedRegistry>[0]

/** What a registry answers for a tag and for the pinned digest, and why the lab is chosen; empty where it is not. */
const rows: readonly [what: string, answers: Answers, other: Record<string, Handler>, why?: RegExp][] = [
  ['image and tag there', { first: wantsToken() }, byDigest(there)],
  ['the tag has moved', { manifest: json({ ...manifest, annotations: {} }) }, byDigest(there)],
  ['the tag is gone, its image is not', { manifest: sends(404) }, byDigest(there)],
  [
    'a digest that the registry makes up for the right bytes',
    {},
    byDigest(json(manifest, { 'docker-content-digest': `sha256:${'0'.repeat(64)}` })),
  ],
  [
    'the image is gone',
    { manifest: there },
    byDigest(sends(404)),
    /no longer has 127\S+\/x:1@sha256:[0-9a-f]{64}$/,
  ],
  [
    'a rate limit',
    {},
    byDigest(sends(429, '', { 'retry-after': '60' })),
    /answers 429, and asks to be left alone for 60 s/,
  ],
  ['a rate limit without a time', {}, byDigest(sends(429)), /answers 429/],
  ['the registry hangs', {}, byDigest(silence), /does not answer: no word in 5 s/],
  ['its token server hangs', { first: wantsToken(), token: silence }, {}, /does not answer: no word in 5 s/],
  [
    'other bytes than the digest is of',
    {},
    byDigest(json({ ...manifest, annotations: {} })),
    /sent sha256:[0-9a-f]{64} where sha256:[0-9a-f]{64} was asked for/,
  ],
  [
    'a page for guests of a hotel',
    {},
    byDigest(sends(200, '<html>Log in</html>')),
    /sent sha256:[0-9a-f]{64} where sha256:[0-9a-f]{64} was asked for/,
  ],
  ['a wish for a login', { first: sends(403) }, {}, /lets nobody read x without a login/],
  ['a server that is out of order', {}, byDigest(sends(503, '', { 'retry-after': '60' })), /answers 503/],
]

describe('a distro is chosen if its image can be had, else the lab, in seconds', {
  concurrency: true,
}, () => {
  for (const [what, answers, other, why] of rows) {
    test(what, async () => {
      const registry = await scriptedRegistry(answers, smallImage(), other)
      const start = performance.now()
      const choice = await choose(pinnedTo(registry.reference)).finally(registry.stop)
      assert.ok(performance.now() - start < 15_000)
      assert.equal(choice.chosen, why ? 'lab' : 'al2023')
      assert.match(choice.rows[0]!.found, why ?? /^x:1 can be had$/)
      assert.equal(choice.advice.length > 0, why !== undefined)
      const movesPin = choice.advice.some(sentence => sentence.includes('npm run pin -- al2023 RELEASE'))
      assert.equal(movesPin, what === 'the image is gone')
    })
  }

  test('no network', async () => {
    const { chosen, rows, why } = await choose(pinnedTo('127.0.0.1:1/x:1'))
    assert.equal(chosen, 'lab')
    assert.equal(why, 'al2023 cannot be had here, so the embedded lab is used')
    assert.equal(rows[0]!.found, '127.0.0.1:1 does not answer: connect ECONNREFUSED 127.0.0.1:1')
  })
})

test('who asked for a distro gets it, and is told what is in the way and of the lab', async () => {
  const choice = await choose(pinnedTo('127.0.0.1:1/x:1'), 'as asked')
  assert.equal(choice.chosen, 'al2023')
  assert.deepEqual(choice.rows[0]!.ok, false)
  assert.match(choice.advice.join(), /npm run setup -- --distro=lab/)
})

test('no reference at all is an error', async () => {
  await assert.rejects(choose(pinnedTo('amazonlinux')), /is no image reference/)
})
