import { join } from 'node:path'
import { refusedEach } from '../testing/refused.ts'
import { recordedChoice } from './settings.ts'

refusedEach('.workshop.json', folder => recordedChoice(join(folder, '.workshop.json')), [
  ['empty', '', /is not JSON: .*: delete it and run 'npm run setup' again/],
  ['null', 'null', /it is null; use an object: delete it/],
  ['a list', '["lab"]', /it is \["lab"\]; use an object/],
  ['another distro', '{"distro": "al2024"}', /distro is "al2024"; use al2023 or al2 or lab: delete it/],
  ['distro: null', '{"distro": null}', /distro is null; use al2023/],
  ['another engine', '{"engine": ["buildah"]}', /engine is \["buildah"\]; use buildkit or buildah/],
  ['a typing error', '{"egnine": "buildah"}', /unknown key "egnine"; did you mean engine\?/],
])
