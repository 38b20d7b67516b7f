import { engineOf } from '../build/engines/index.ts'
import { UserError } from '../lib/errors.ts'
import { type EngineName, engines, namedEngine, oneOf, recordedChoice } from '../lib/settings.ts'
import { installPackages, type Leave } from './debian-packages.ts'
import { startPrivateDocker } from './private-docker.ts'
import type { Row } from './report.ts'

/**
 * The engine that builds are to use: the wanted one, `ENGINE`, the one recorded before, else the first that answers,
 * else buildah, which needs no daemon. A wanted engine that is not here is installed; `all` wants every one and chooses
 * the first.
 */
export async function chooseEngine(
  wanted: string | undefined,
  leave: Leave,
): Promise<{ chosen: EngineName; rows: Row[] }> {
  const one = wanted
    ? oneOf('--engine', wanted, [...engines, 'all'])
    : (namedEngine() ?? recordedChoice().engine)
  const asked = one === 'all' ? engines : engines.filter(name => name === one)
  for (const name of asked) if (!(await answer(name)).ok) await provide(name, leave)
  let rows = await answers()
  if (!rows.some(({ ok }) => ok)) {
    await provide('buildah', leave)
    rows = await answers()
  }
  const chosen = asked[0] ?? engines[rows.findIndex(({ ok }) => ok)]
  const failed = asked.map(name => rows[engines.indexOf(name)]!).find(({ ok }) => !ok)
  if (!chosen || failed) {
    const told = (failed ? [failed] : rows).map(({ what, found }) => `${what}: ${found}`)
    throw new UserError(`no engine answers, though its packages are installed: ${told.join('; ')}`)
  }
  return { chosen, rows }
}

async function provide(name: EngineName, leave: Leave): Promise<void> {
  if (name === 'buildkit') return startPrivateDocker()
  await installPackages(['buildah', 'runc'], leave)
}

function answers(): Promise<Row[]> {
  return Promise.all(engines.map(answer))
}

async function answer(name: EngineName): Promise<Row> {
  try {
    return { what: name, found: await engineOf[name].probe(), ok: true }
  } catch (error) {
    if (error instanceof UserError) return { what: name, found: error.message, ok: false }
    throw error
  }
}
