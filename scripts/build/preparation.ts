import { pathToFileURL } from 'node:url'
import { UserError } from '../lib/errors.ts'
import type { Image } from '../workspace/workspace.ts'
import type { Preparation } from './plan.ts'

/** The module that an image's package.json names as `image.prepare`. Throws UserError for one that is none. */
export async function preparationOf({ prepare }: Image): Promise<Preparation | undefined> {
  if (!prepare) return undefined
  const module = (await import(pathToFileURL(prepare).href)) as Partial<Preparation>
  if (module.contexts && module.prepare) return module as Preparation
  throw new UserError(`${prepare} has to export the functions contexts and prepare of scripts/build/plan.ts`)
}
