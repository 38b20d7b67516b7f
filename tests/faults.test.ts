import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { chosenEngine } from '../scripts/lib/settings.ts'
import { allFaults } from '../scripts/testing/faults/all.ts'
import { FaultBench } from '../scripts/testing/faults/bench.ts'
import { titleOf } from '../scripts/testing/faults/report.ts'
import { runFault } from '../scripts/testing/faults/run-fault.ts'

let bench: FaultBench
before(async () => {
  bench = await FaultBench.open()
})
after(() => bench.remove())

test('no two faults are alike, and all families are in the sample', () => {
  const faults = allFaults('buildah')
  assert.equal(new Set(faults.map(titleOf)).size, faults.length)
  const families = (some: typeof faults) => [...new Set(some.map(({ family }) => family))]
  assert.deepEqual(families(faults.filter(({ sample }) => sample)), families(faults))
})

for (const fault of allFaults(chosenEngine()).filter(({ sample }) => sample)) {
  test(`the right result or one clear line: ${titleOf(fault)}`, async () => {
    const { verdict, why } = await runFault(bench, fault)
    assert.ok(verdict === 'clean' || verdict === 'clear error', `${verdict}: ${why}`)
  })
}
