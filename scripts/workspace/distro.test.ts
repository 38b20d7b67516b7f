import assert from 'node:assert/strict'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { distros } from '../lib/settings.ts'
import { refusedEach } from '../testing/refused.ts'
import { dayOf, readDistro } from './distro.ts'

test('every distro has a data file that reads', () => {
  for (const name of distros) assert.match(readDistro(name).release, /\d/)
})

test('a release is the text that stands there', () => {
  const folder = mkdtempSync(join(tmpdir(), 'distro-'))
  const read = (release: string, more = '') => {
    writeFileSync(join(folder, 'lab.yaml'), `release: ${release}\nepoch: 5\nnetwork: none\n${more}`)
    return readDistro('lab', folder)
  }
  assert.equal(read('2023.10').release, '2023.10')
  assert.equal(read('"2023.10"').release, '2023.10')
  assert.equal(read('010').release, '010')
  assert.equal(
    read('1', 'files:\n  /etc/dnf/vars/releasever: 2023.10\n').files['/etc/dnf/vars/releasever'],
    '2023.10',
  )
  assert.equal(read('1').epoch, 5)
})

test('a release that has a day in it says the epoch, unless the file does', () => {
  const day = (release: string) => {
    const seconds = dayOf(release)
    return seconds === undefined ? undefined : new Date(seconds * 1000).toISOString().slice(0, 10)
  }
  assert.equal(day('2023.12.20260930'), '2026-09-30')
  assert.equal(day('2.0.20240229.1'), '2024-02-29')
  for (const none of ['1', '2023.12', '2023.12.20261301', '2023.12.202609301'])
    assert.equal(day(none), undefined)
})

test('of an image each fact stands once, or agrees', () => {
  for (const name of distros) {
    const { release, image, files, epoch } = readDistro(name)
    if (!image) continue
    assert.equal(epoch, dayOf(release))
    assert.equal(files['/etc/dnf/vars/releasever'] ?? release, release)
  }
})

test('a distro without a file says so', () => {
  assert.throws(() => readDistro('lab', '/nowhere'), /^UserError: \/nowhere\/lab.yaml is missing/)
})

const rest = 'epoch: 5\nnetwork: none\n'

refusedEach('lab.yaml', folder => readDistro('lab', folder), [
  ['empty', '', /lab.yaml is empty/],
  ['comments alone', '# nothing\n', /lab.yaml is empty/],
  ['a list', '- release: 1\n', /it is \[\{"release":"1"\}\]; use an object/],
  ['a word', 'release\n', /it is "release"; use an object/],
  ['no YAML', 'release: [1\nepoch: 5\n', /is not YAML: .* at line \d/],
  ['tabs', 'image:\n\treference: a\n', /is not YAML: .* at line \d/],
  ['a key twice', `release: 1\nrelease: 2\n${rest}`, /is not YAML: Map keys must be unique at line 2/],
  ['two documents', `release: 1\n${rest}---\nrelease: 2\n`, /is not YAML: .*multiple documents/],
  ['a tag', `release: !!float 1\n${rest}`, /is not YAML: .*tag/i],
  ['a typing error', `release: 1\n${rest}relaese: 2\n`, /unknown key "relaese"; did you mean release\?/],
  [
    'a typing error that leaves a gap',
    'release: 1\nepoch: 5\nnetwrk: none\n',
    /unknown key "netwrk"; did you mean network\?/,
  ],
  ['no release', rest, /release is missing; use numbers with dots between/],
  ['release: nothing', `release:\n${rest}`, /release is ""; use numbers/],
  ['release: null', `release: null\n${rest}`, /release is "null"; use numbers/],
  ['release: a word', `release: latest\n${rest}`, /release is "latest"; use numbers with dots between/],
  ['release: a list', `release: [1]\n${rest}`, /release is \["1"\]; use numbers/],
  [
    'epoch: a word',
    'release: 1\nepoch: today\nnetwork: none\n',
    /epoch is "today"; use whole seconds since 1970/,
  ],
  ['epoch: half a second', 'release: 1\nepoch: 1.5\nnetwork: none\n', /epoch is "1.5"; use whole seconds/],
  ['epoch: before 1970', 'release: 1\nepoch: -1\nnetwork: none\n', /epoch is "-1"; use whole seconds/],
  [
    'epoch: milliseconds',
    'release: 1\nepoch: 1785715200000\nnetwork: none\n',
    /epoch is "1785715200000"; use whole/,
  ],
  ['no epoch', 'release: 1\nnetwork: none\n', /epoch is missing; use whole seconds/],
  ['network: a boolean', 'release: 1\nepoch: 5\nnetwork: false\n', /network is "false"; use none or default/],
  ['image: nothing', `release: 1\n${rest}image:\n`, /image is ""; use an object/],
  ['image: a text', `release: 1\n${rest}image: a/b:c\n`, /image is "a\/b:c"; use an object/],
  [
    'no reference',
    `release: 1\n${rest}image:\n  digest:\n`,
    /image.reference is missing; use HOST\/REPOSITORY:TAG/,
  ],
  [
    'no digest at all',
    `release: 1\n${rest}image:\n  reference: a/b:1\n`,
    /image.digest is missing; use sha256: and 64 hexadecimal digits/,
  ],
  ...['a/b', 'a/b:2', 'a/b:12', 'a:1/b', 'a/b:1.x', 'a/b:1-arm64'].map(
    reference =>
      [
        `an image of another release: ${reference}`,
        `release: 1\n${rest}image:\n  reference: ${reference}\n  digest: sha256:${'0'.repeat(64)}\n`,
        /image.reference is a.*; use a tag of the release, :1 or :1.0, or move both with 'npm run pin -- lab/,
      ] as const,
  ),
  [
    'a typing error in image',
    `release: 1\n${rest}image:\n  refrence: a\n`,
    /image has the unknown key "refrence"/,
  ],
  [
    'no digest',
    `release: 1\n${rest}image:\n  reference: a\n  digest: latest\n`,
    /image.digest is "latest"; use sha256:/,
  ],
  ['files: a list', `release: 1\n${rest}files: [a]\n`, /files is \["a"\]; use an object/],
  [
    'files: relative',
    `release: 1\n${rest}files:\n  etc/a: b\n`,
    /files.etc\/a is "etc\/a"; use an absolute path/,
  ],
  ['files: elsewhere', `release: 1\n${rest}files:\n  /etc/../../a: b\n`, /use an absolute path/],
  [
    'files: no content',
    `release: 1\n${rest}files:\n  /etc/a:\n    b: c\n`,
    /files.\/etc\/a is \{"b":"c"\}; use the content of a file/,
  ],
])
