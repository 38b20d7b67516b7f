import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { refusedEach } from '../testing/refused.ts'
import { parseLedger } from './ledger.ts'

const read = (folder: string) => parseLedger(readFileSync(join(folder, 'sizes.json'), 'utf8'), 'sizes.json')

refusedEach('sizes.json', read, [
  ['cut', '{"images": {', /is not JSON: .*: run 'npm run size -- --record', which writes it anew/],
  ['null', 'null', /it is null; use an object: run 'npm run size/],
  ['images: a list', '{"images": []}', /images is \[\]; use an object/],
  [
    'half an image',
    '{"images": {"a": {"download": 5}}}',
    /images.a.installed is missing; use a whole number/,
  ],
  [
    'an image in words',
    '{"images": {"a": {"download": "5 MB", "installed": 1}}}',
    /images.a.download is "5 MB"/,
  ],
  ['less than nothing', '{"packages": {"a": -1}}', /packages.a is -1; use a whole number/],
  ['a typing error', '{"pakages": {}}', /unknown key "pakages"; did you mean packages\?/],
])
