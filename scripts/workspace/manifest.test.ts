import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { inRepo } from '../lib/paths.ts'
import { refusedEach } from '../testing/refused.ts'
import { readFamilyManifest, readImageManifest } from './manifest.ts'

refusedEach('package.json', readImageManifest, [
  ['empty', '', /is not JSON: Unexpected end of JSON input/],
  ['null', 'null', /it is null; use an object/],
  ['a list', '[]', /it is \[\]; use an object/],
  ['a text', '"name"', /it is "name"; use an object/],
  ['cut', '{"name": "a",\n  "image": {\n    "bud', /is not JSON: /],
  ['a comment', '{\n  // the name\n  "name": "a"\n}', /is not JSON: /],
  ['no name', '{}', /name is missing; use the name of a folder/],
  ['a name that is a number', '{"name": 5}', /name is 5; use the name of a folder/],
  [
    "another folder's name",
    '{"name": "other"}',
    /the name is other; an image has the name of its folder, refused-/,
  ],
  ['a typing error in image', '{"name": "a", "imgae": {}}', /unknown key "imgae"; did you mean image\?/],
  [
    'a key that npm would act on',
    '{"name": "a", "peerDependencies": {"build": "*"}}',
    /unknown key "peerDependencies"; /,
  ],
  [
    'optional dependencies',
    '{"name": "a", "optionalDependencies": {"build": "*"}}',
    /unknown key "optionalDependencies"/,
  ],
  ['a family', '{"name": "a", "family": {}}', /unknown key "family"/],
  ['scripts: null', '{"name": "a", "scripts": null}', /scripts is null; use an object/],
  [
    'a script that is a list',
    '{"name": "a", "scripts": {"build": ["tsx"]}}',
    /scripts.build is \["tsx"\]; use a text in quotes/,
  ],
  ['dependencies: a list', '{"name": "a", "dependencies": ["b"]}', /dependencies is \["b"\]; use an object/],
  ['dependencies: null', '{"name": "a", "dependencies": null}', /dependencies is null; use an object/],
  [
    'a version of a sibling',
    '{"name": "a", "dependencies": {"b": "^1.0.0"}}',
    /dependencies.b is "\^1.0.0"; use "\*"/,
  ],
  [
    'a sibling that is an alias',
    '{"name": "a", "dependencies": {"b": "npm:build@1"}}',
    /dependencies.b is "npm:build@1"/,
  ],
  [
    'a sibling in a file',
    '{"name": "a", "devDependencies": {"b": "file:../b"}}',
    /devDependencies.b is "file:..\/b"/,
  ],
  [
    'a scoped package',
    '{"name": "a", "devDependencies": {"@types/b": "*"}}',
    /devDependencies.@types\/b is "@types\/b"; use the name of a folder/,
  ],
  ['image: null', '{"name": "a", "image": null}', /image is null; use an object/],
  ['image: a list', '{"name": "a", "image": []}', /image is \[\]; use an object/],
  [
    'a typing error in budget',
    '{"name": "a", "image": {"buget": {"bytes": 5}}}',
    /image has the unknown key "buget"; did you mean budget\?/,
  ],
  [
    'a key that is nothing like',
    '{"name": "a", "image": {"x": 1}}',
    /unknown key "x"; use internal, toolchain, first, prepare, provides, distros, args, budget, published/,
  ],
  ['a budget that is a number', '{"name": "a", "image": {"budget": 5}}', /image.budget is 5; use an object/],
  [
    'a typing error in bytes',
    '{"name": "a", "image": {"budget": {"byte": 5}}}',
    /image.budget has the unknown key "byte"; did you mean bytes\?/,
  ],
  [
    'a budget in words',
    '{"name": "a", "image": {"budget": {"bytes": "5 MB"}}}',
    /image.budget.bytes is "5 MB"; use a whole number above 0/,
  ],
  [
    'a budget of nothing',
    '{"name": "a", "image": {"budget": {"packages": 0}}}',
    /image.budget.packages is 0; use a whole number above 0/,
  ],
  [
    'half a byte',
    '{"name": "a", "image": {"budget": {"bytes": 0.5}}}',
    /image.budget.bytes is 0.5; use a whole number/,
  ],
  [
    'more than can be counted',
    '{"name": "a", "image": {"budget": {"bytes": 1e400}}}',
    /image.budget.bytes is null; use a whole number|Infinity/,
  ],
  [
    'internal: a text',
    '{"name": "a", "image": {"internal": "true"}}',
    /image.internal is "true"; use true or false/,
  ],
  [
    'toolchain: a number',
    '{"name": "a", "image": {"toolchain": 1}}',
    /image.toolchain is 1; use true or false/,
  ],
  ['first: null', '{"name": "a", "image": {"first": null}}', /image.first is null; use true or false/],
  ['prepare: not there', '{"name": "a", "image": {"prepare": "x.ts"}}', /the name is a;/],
  [
    'prepare: elsewhere',
    '{"name": "a", "image": {"prepare": "../b/x.ts"}}',
    /image.prepare is "..\/b\/x.ts"; use a TypeScript file in/,
  ],
  [
    'prepare: a boolean',
    '{"name": "a", "image": {"prepare": true}}',
    /image.prepare is true; use a TypeScript file/,
  ],
  [
    'provides: a list',
    '{"name": "a", "image": {"provides": ["repo"]}}',
    /image.provides is \["repo"\]; use an object/,
  ],
  [
    'provides: a path for a name',
    '{"name": "a", "image": {"provides": {"../../x": "/srv"}}}',
    /image.provides.*\.\.\/\.\.\/x"; use a word/,
  ],
  [
    'provides: a place that is no path',
    '{"name": "a", "image": {"provides": {"repo": "/srv/../x"}}}',
    /image.provides.repo is "\/srv\/..\/x"; use where it is mounted, an absolute path/,
  ],
  [
    'distros: none that there is',
    '{"name": "a", "image": {"distros": ["fedora"]}}',
    /image.distros.0 is "fedora"; use al2023 or al2 or lab/,
  ],
  ['args: a list', '{"name": "a", "image": {"args": ["A=1"]}}', /image.args is \["A=1"\]; use an object/],
  [
    'args: a number',
    '{"name": "a", "image": {"args": {"VERSION": 3.10}}}',
    /image.args.VERSION is 3.1; use a text in quotes/,
  ],
  [
    'args: no name',
    '{"name": "a", "image": {"args": {"A B": "1"}}}',
    /image.args.A B is "A B"; use the name of an ARG/,
  ],
  [
    'args: the time',
    '{"name": "a", "image": {"args": {"SOURCE_DATE_EPOCH": "1"}}}',
    /use the name of an ARG/,
  ],
  [
    'published: no repository',
    '{"name": "a", "image": {"published": {"repository": "A B"}}}',
    /image.published.repository is "A B"; use lower-case/,
  ],
  [
    'published: a number',
    '{"name": "a", "image": {"published": {"version": 3.10}}}',
    /image.published.version is 3.1; use numbers with dots between, in quotes/,
  ],
  [
    'published: a flavour',
    '{"name": "a", "image": {"published": {"flavour": "clang"}}}',
    /image.published.flavour is "clang"; use yum or gcc/,
  ],
  [
    'published: a typing error',
    '{"name": "a", "image": {"published": {"versionof": "x"}}}',
    /did you mean version or versionOf|did you mean versionOf\?/,
  ],
  [
    'a value that would move the cursor',
    '{"name": "\\u001b[2J\\n"}',
    /name is "\\u001b\[2J\\n"; use the name/,
  ],
])

refusedEach('package.json', readFamilyManifest, [
  ['family: null', '{"name": "family-a", "family": null}', /family is null; use an object/],
  ['family: a text', '{"name": "family-a", "family": "parent"}', /family is "parent"; use an object/],
  [
    'a parent that is no word',
    '{"name": "family-a", "family": {"parent": "a b"}}',
    /family.parent is "a b"; use a word/,
  ],
  [
    'a typing error',
    '{"name": "family-a", "family": {"perent": "a"}}',
    /family has the unknown key "perent"; did you mean parent\?/,
  ],
  [
    'dependencies',
    '{"name": "family-a", "devDependencies": {"build": "*"}}',
    /unknown key "devDependencies"/,
  ],
  ['no name', '{"family": {}}', /name is missing/],
])

test('an image whose program is not there names it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'manifest-'))
  const manifest = { name: basename(folder), image: { prepare: 'x.ts' } }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  assert.throws(() => readImageManifest(folder), /image.prepare is x.ts, and there is no such file beside it/)
})

interface Lock {
  readonly packages: Readonly<Record<string, { readonly link?: boolean } & Readonly<Record<string, unknown>>>>
}

/** What image folders and families name in npm's lockfile and is no folder of this repository. */
function strangersIn({ packages }: Lock): string[] {
  return Object.entries(packages)
    .filter(([folder]) => /^(images|families)\//.test(folder))
    .flatMap(([, entry]) => Object.entries(entry).filter(([key]) => /dependencies$/i.test(key)))
    .flatMap(([, names]) => Object.keys(names as object))
    .filter(name => packages[`node_modules/${name}`]?.link !== true)
}

test("npm's lockfile has no package that only an image names", () => {
  const lock = JSON.parse(readFileSync(inRepo('package-lock.json'), 'utf8')) as Lock
  assert.deepEqual(strangersIn(lock), [])
  const stranger = { devDependencies: { build: '*', base: '*' } }
  const links = { 'node_modules/base': { link: true }, 'node_modules/build': { version: '0.1.4' } }
  assert.deepEqual(strangersIn({ packages: { 'images/a': stranger, ...links } }), ['build'])
})
