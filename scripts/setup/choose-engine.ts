import { engineOf } from '../lib/engines/index.ts'
import { UserError } from '../lib/errors.ts'
import { type EngineName, engines } from '../lib/settings.ts'
import { installPackages } from './debian-packages.ts'
import { startPrivateDocker } from './private-docker.ts'
import type { Row } from './report.ts'

/**
 * The engine that builds are to use: the wanted one, else the first that answers, else buildah, which needs no daemon.
 * A wanted engine that is not here is installed; `all` wants every one and chooses the first.
 */
export async function chooseEngine(
  wanted: string | undefined,
  mayUseSudo: boolean,
): Promise<{ chosen: EngineName; rows: Row[] }> {
  if (wanted && wanted !== 'all' && !(wanted in engineOf)) {
    throw new UserError(`--engine ${wanted}: use ${engines.join(', ')} or all`)
  }
  const asked = wanted === 'all' ? engines : engines.filter(name => name === wanted)
  for (const name of asked) if (!(await answer(name)).ok) await provide(name, mayUseSudo)
  let rows = await answers()
  if (!rows.some(({ ok }) => ok)) {
    await provide('buildah', mayUseSudo)
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

async function provide(name: EngineName, mayUseSudo: boolean): Promise<void> {
  if (name === 'buildkit') return startPrivateDocker()
  await installPackages(['buildah', 'runc'], mayUseSudo)
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
