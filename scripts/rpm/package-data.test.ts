import { join } from 'node:path'
import { refusedEach } from '../testing/refused.ts'
import { readPackageData } from './package-data.ts'

const one = {
  name: 'a',
  version: '1',
  release: '1',
  arch: 'noarch',
  size: 1,
  requires: [],
  provides: [],
  files: [],
}
const line = (change: object) => `${JSON.stringify({ ...one, ...change })}\n`

refusedEach('packages.jsonl', folder => readPackageData(join(folder, 'packages.jsonl')), [
  ['cut', `${line({})}{"name":"b"`, /is cut: its last line has no end: run 'npx turbo run build --force'/],
  [
    'a line cut in the middle',
    `${line({})}{"name":"b"\n${line({})}`,
    /packages.jsonl:2 is not a package: run/,
  ],
  ['null', 'null\n', /packages.jsonl:1 is not a package/],
  ['no name', line({ name: undefined }), /packages.jsonl:1 is not a package/],
  ['requires: null', line({ requires: null }), /packages.jsonl:1 is not a package/],
  ['provides: texts', line({ provides: ['a'] }), /packages.jsonl:1 is not a package/],
  ['files: null within', line({ files: [null] }), /packages.jsonl:1 is not a package/],
])
