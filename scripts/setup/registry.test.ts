import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  json,
  scriptedRegistry,
  sends,
  sha256,
  smallImage,
  wantsToken,
} from '../testing/scripted-registry.ts'
import { remoteDigest } from './registry.ts'

const { manifest } = smallImage()
const digest = sha256(JSON.stringify(manifest))

test('the digest is that of the bytes, whatever the registry calls it', async () => {
  for (const claimed of ['not-a-digest', `sha256:${'0'.repeat(64)}`, '']) {
    const registry = await scriptedRegistry({
      first: wantsToken(),
      manifest: json(manifest, { 'docker-content-digest': claimed }),
    })
    assert.deepEqual(await remoteDigest(registry.reference), { digest })
    registry.stop()
  }
})

test('who is silent, refuses or says nonsense is told apart, soon', async () => {
  const silent = /does not answer/
  for (const [answers, why] of [
    [{ manifest: () => {} }, silent],
    [{ first: wantsToken(), token: () => {} }, silent],
    [{ first: sends(403) }, /lets nobody read x without a login/],
    [{ first: sends(503, '', { 'retry-after': '60' }) }, /answers 503, and asks to be left alone for 60 s/],
    [{ manifest: sends(200, '<html>Log in to the hotel</html>') }, /a manifest that is not JSON/],
  ] as const) {
    const registry = await scriptedRegistry(answers)
    const found = await remoteDigest(registry.reference, why === silent ? 200 : 5000).finally(registry.stop)
    assert.ok(found.digest === undefined)
    assert.match(found.why, why)
  }
})

test('an image that is not there, or no reference at all, is an error', async () => {
  const registry = await scriptedRegistry({ manifest: sends(404) })
  const asked = remoteDigest(registry.reference).finally(registry.stop)
  await assert.rejects(asked, /has no x, or no 1 of it: check the tag in the distro's data file/)
  await assert.rejects(remoteDigest('amazonlinux'), /is no image reference/)
})
