import type { EngineName } from '../../lib/settings.ts'
import { buildah } from './buildah.ts'
import { buildkit } from './buildkit.ts'
import type { Engine } from './engine.ts'

export const engineOf: Readonly<Record<EngineName, Engine>> = { buildkit, buildah }
