import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { UserError } from '../lib/errors.ts'
import { refusedEach } from '../testing/refused.ts'
import { readFiles } from './file-list.ts'
import { mediaTypes, readImage, writeIndex, writeJson } from './layout.ts'

const rebuild = /: run 'npx turbo run build --force' to make it again$/
const digest = `sha256:${'0'.repeat(64)}`

refusedEach('index.json', folder => readImage([folder], 'linux/amd64'), [
  ['empty', '', rebuild],
  ['cut', '{"manifests": [{"digest": "sha', rebuild],
  ['null', 'null', /it is null; use an object: run/],
  ['no manifests', '{}', /manifests is missing; use a list/],
  ['manifests: null', '{"manifests": null}', /manifests is missing; use a list/],
  ['an entry that is null', '{"manifests": [null]}', /manifests.0 is null; use an object/],
  ['no digest', '{"manifests": [{"size": 5}]}', /manifests.0.digest is missing; use sha256:/],
  [
    'a path for a digest',
    '{"manifests": [{"digest": "sha256:../../a"}]}',
    /manifests.0.digest is "sha256:..\/..\/a"; use sha256:/,
  ],
  [
    'a platform in words',
    `{"manifests": [{"digest": "${digest}", "platform": "linux"}]}`,
    /manifests.0.platform is "linux"; use an object/,
  ],
  [
    'another platform',
    `{"manifests": [{"digest": "${digest}", "platform": {"os": "linux", "architecture": "arm64"}}]}`,
    /holds linux\/arm64, not linux\/amd64/,
  ],
])

const entry = '{"path":"/a","type":"file","mode":420,"uid":0,"gid":0,"size":1}\n'

refusedEach('files.jsonl', folder => readFiles(join(folder, 'files.jsonl')), [
  ['a line that is cut', `${entry}{"path":"/b","ty`, /is cut: its last line has no end: run/],
  [
    'a line cut in the middle',
    `${entry}{"path":"/b","ty\n${entry}`,
    /files.jsonl:2 is not an entry of a list of files: run/,
  ],
  ['an empty line', `${entry}\n${entry}`, /files.jsonl:2 is not an entry/],
  ['null', 'null\n', /files.jsonl:1 is not an entry/],
  ['a list', '[]\n', /files.jsonl:1 is not an entry/],
  ['a size in words', entry.replace('"size":1', '"size":"1"'), /files.jsonl:1 is not an entry/],
  ['no path', entry.replace('path', 'pfad'), /files.jsonl:1 is not an entry/],
  ['another type', entry.replace('file', 'door'), /files.jsonl:1 is not an entry/],
])

/** What is read of an image with this configuration and manifest. */
function read(config: object, change: object = {}) {
  const layout = mkdtempSync(join(tmpdir(), 'layout-'))
  const written = writeJson(layout, mediaTypes.config, config)
  const manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: written,
    layers: [],
    ...change,
  }
  writeIndex(layout, 'linux/amd64', writeJson(layout, mediaTypes.manifest, manifest))
  return readImage([layout], 'linux/amd64')
}

test('null in a configuration is what is not there', () => {
  const { config } = read({
    os: 'linux',
    config: { Env: null, Labels: null, Cmd: null, User: null, Volumes: null },
  })
  assert.deepEqual(config.config, {})
  assert.deepEqual(config.rootfs.diff_ids, [])
})

test('a configuration may be without what a runtime acts on, and without layers', () => {
  for (const config of [{}, { config: null, rootfs: null }, { rootfs: { type: 'layers', diff_ids: null } }]) {
    const { config: found } = read(config)
    assert.deepEqual([found.config, found.rootfs.diff_ids], [{}, []])
  }
})

test('what we know nothing of is kept', () => {
  const healthcheck = { Test: ['CMD', 'true'] }
  assert.deepEqual(read({ config: { Healthcheck: healthcheck } }).config.config, { Healthcheck: healthcheck })
})

const faults: readonly (readonly [what: string, config: object, manifest: object, pattern: RegExp])[] = [
  ['Env: a text', { config: { Env: 'A=1' } }, {}, /config.Env is "A=1"; use a list/],
  ['Env: numbers', { config: { Env: [1] } }, {}, /config.Env.0 is 1; use a text in quotes/],
  ['User: a number', { config: { User: 0 } }, {}, /config.User is 0; use a text/],
  ['Labels: a list', { config: { Labels: ['a'] } }, {}, /config.Labels is \["a"\]; use an object/],
  ['Labels: a number', { config: { Labels: { a: 1 } } }, {}, /config.Labels.a is 1; use a text/],
  ['config: a list', { config: [] }, {}, /config is \[\]; use an object/],
  ['diff_ids: paths', { rootfs: { diff_ids: ['../a'] } }, {}, /rootfs.diff_ids.0 is "..\/a"; use sha256:/],
  ['a list', [], {}, /it is \[\]; use an object/],
  ['no layers', {}, { layers: null }, /layers is missing; use a list/],
  [
    'a layer without a size',
    {},
    { layers: [{ mediaType: 'a', digest }] },
    /layers.0.size is missing; use a whole number/,
  ],
  [
    'a layer whose digest is a path',
    {},
    { layers: [{ mediaType: 'a', digest: 'sha256:..', size: 1 }] },
    /layers.0.digest is "sha256:.."/,
  ],
  ['no config', {}, { config: null }, /config is missing; use an object/],
  ['the first schema', {}, { schemaVersion: 1 }, /schemaVersion is 1; use 2/],
]

for (const [what, config, manifest, pattern] of faults) {
  test(`refused in one line: a document of an image: ${what}`, () => {
    assert.throws(
      () => read(config, manifest),
      error => error instanceof UserError && pattern.test(error.message) && !error.message.includes('\n'),
    )
  })
}
