import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkFroms } from './froms.ts'

const check = (text: string) => checkFroms('images/x/Dockerfile', text, ['builder', 'repo'])

test('stages, contexts, scratch, stage numbers and digests are known', () => {
  const digest = `debian@sha256:${'a'.repeat(64)}`
  check(`FROM --platform=linux/amd64 builder AS newroot\nFROM ${digest} AS other\nFROM scratch\n`)
  check(
    'FROM builder AS a\nFROM scratch\nCOPY --from=a / /\nCOPY --from=0 / /\nRUN --mount=type=bind,from=repo,target=/r x\n',
  )
})

test('anything else would come from a registry unseen, and is refused', () => {
  const refused = /names debian:12, which is no stage of it and no image of its package.json: add it/
  assert.throws(() => check('FROM debian:12\n'), refused)
  assert.throws(() => check('FROM scratch\nCOPY --from=debian:12 / /\n'), refused)
  assert.throws(() => check('FROM scratch\nRUN --mount=type=bind,from=debian:12,target=/x y\n'), refused)
})
