import type { ImageConfig } from '../oci/config.ts'
import { type PackageChange, packageChanges } from '../packages/changes.ts'
import { fileChanges } from './file-changes.ts'
import type { Pair } from './side.ts'

/** One thing that is not the same in two images. */
export interface Change {
  readonly about: 'package' | 'file' | 'executable' | 'privilege' | 'configuration' | 'configuration file'
  readonly kind: PackageChange['kind'] | 'changed'
  /** A package's name, a path, a key of the configuration. */
  readonly what: string
  readonly from?: string
  readonly to?: string
  /** How many more bytes it takes, installed. */
  readonly bytes?: number
  /** The package that a file belongs to. */
  readonly package?: string
}

/** All that changed from one image to another. Where one side is a list alone, packages are all that can be told. */
export function changesOf({ before, after }: Pair): Change[] {
  const epochs = before.epochs && after.epochs && { before: before.epochs, after: after.epochs }
  const packages = packageChanges(before.lines, after.lines, epochs)
  const known = before.inside && after.inside
  return [
    ...packages.map(change => withSize(change, before.sizes, after.sizes)),
    ...(known ? fileChanges(before.inside, after.inside, packages) : []),
    ...(known ? configurationChanges(before.inside.config, after.inside.config) : []),
  ]
}

type Sizes = ReadonlyMap<string, number>

function withSize({ before, after, ...change }: PackageChange, old: Sizes, now: Sizes): Change {
  const { kind, name: what, from, to } = change
  const sizes = [before === undefined ? 0 : old.get(before), after === undefined ? 0 : now.get(after)]
  const [oldSize, newSize] = sizes
  return {
    about: 'package',
    kind,
    what,
    ...(from && { from }),
    ...(to && { to }),
    ...(oldSize !== undefined && newSize !== undefined && { bytes: newSize - oldSize }),
  }
}

function configurationChanges(before: ImageConfig['config'], after: ImageConfig['config']): Change[] {
  const [old, now] = [settings(before), settings(after)]
  return [...new Set([...old.keys(), ...now.keys()])].sort().flatMap(what => {
    const [from, to] = [old.get(what), now.get(what)]
    if (from === to) return []
    const kind = from === undefined ? 'added' : to === undefined ? 'removed' : 'changed'
    return [
      {
        about: 'configuration',
        kind,
        what,
        ...(from !== undefined && { from }),
        ...(to !== undefined && { to }),
      },
    ]
  })
}

/** Each variable and each label is a setting of its own. */
function settings(config: ImageConfig['config']): Map<string, string> {
  return new Map(
    Object.entries(config).flatMap(([key, value]) => {
      if (key === 'Env') {
        return (value as readonly string[]).map((one): [string, string] => {
          const at = one.indexOf('=')
          return [`Env ${one.slice(0, at)}`, one.slice(at + 1)]
        })
      }
      if (key === 'Labels') {
        return Object.entries(value as object).map(([label, text]): [string, string] => [
          `Label ${label}`,
          text,
        ])
      }
      return [[key, typeof value === 'string' ? value : JSON.stringify(value)] as [string, string]]
    }),
  )
}
