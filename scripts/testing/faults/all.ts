import type { EngineName } from '../../lib/settings.ts'
import { dataFileFaults } from './families/data-files.ts'
import { distFaults } from './families/dist.ts'
import { killedFaults, twoAtOnce } from './families/killed.ts'
import { lockFaults } from './families/locks.ts'
import { machineFaults } from './families/machine.ts'
import { recipeFaults } from './families/recipe.ts'
import { storageFaults } from './families/storage.ts'
import { surroundingsFaults } from './families/surroundings.ts'
import { turboCacheFaults } from './families/turbo-cache.ts'
import type { Fault } from './fault.ts'

/** Every fault there is, in the order in which they are injected. */
export function allFaults(engine: EngineName): Fault[] {
  return [
    ...dataFileFaults(),
    ...recipeFaults(),
    ...machineFaults(),
    ...surroundingsFaults(),
    ...lockFaults(),
    ...turboCacheFaults(),
    ...killedFaults(),
    ...twoAtOnce(),
    ...(engine === 'buildah' ? storageFaults() : []),
    ...distFaults(),
  ]
}
