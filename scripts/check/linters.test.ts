import assert from 'node:assert/strict'
import { test } from 'node:test'
import { shellSteps } from './shell-steps.ts'

test('the shell of a recipe is what its RUNs hold, continued lines joined', () => {
  const [step] = shellSteps('images/minimal-base-glibc/Dockerfile')
  assert.match(step!.where, /^images\/minimal-base-glibc\/Dockerfile:\d+$/)
  assert.match(step!.script, /^install_rpm glibc.* && cleanup glibc\n$/s)
})
