import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { openImage } from '../scripts/image/open.ts'
import { inRepo } from '../scripts/lib/paths.ts'
import { listOf, only, text } from '../scripts/lib/schema.ts'
import { readYaml } from '../scripts/lib/yaml.ts'
import { applyWal } from '../scripts/registry/wal.ts'
import { factDifferences, readFacts } from '../scripts/replay/facts.ts'
import { rpmdbPath } from '../scripts/rpm/rpmdb.ts'
import { findImage, readWorkspace } from '../scripts/workspace/workspace.ts'

const container = inRepo('..', 'shared', 'reference', 'al2023', 'rpmdb.sqlite')
const reasons = inRepo('docs', 'parity', 'facts.yaml')

if (existsSync(container)) compare()
else
  console.log(
    `not run: the lab's packages against those of Amazon Linux 2023, whose database is not in ${container}`,
  )

function compare(): void {
  test("the lab's packages say what Amazon Linux 2023's say, or there is a reason", async () => {
    const log = `${container}-wal`
    const there = readFacts(
      applyWal(readFileSync(container), existsSync(log) ? readFileSync(log) : Buffer.alloc(0)),
    )
    const images = readWorkspace()
    const lab = await openImage(images, findImage(images, 'distro'), 'linux/amd64')
    const differences = factDifferences(readFacts(lab.read(rpmdbPath)), there)
    const known = readYaml(reasons, listOf(only({ reason: text, lines: listOf(text) })))
    const patterns = known.flatMap(({ lines }) => lines).map(line => new RegExp(`^(?:${line})$`))
    const silent = differences.filter(line => !patterns.some(pattern => pattern.test(line)))
    assert.deepEqual(
      silent,
      [],
      `${silent.length} of ${differences.length} differences have no reason in ${reasons}`,
    )
    const vain = patterns.filter(pattern => !differences.some(line => pattern.test(line)))
    assert.deepEqual(vain.map(String), [], 'reasons for what does not differ')
  })
}
