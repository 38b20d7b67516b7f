import type { RpmPlan } from './catalog.ts'

/** What goes into an RPM: its path, and what %files must say about it. */
export interface Entry {
  path: string
  kind: 'file' | 'dir' | 'link' | 'ghost'
  /** octal; absent = as it is on disk */
  mode?: string
}

/** The fields of a .deb's control file that an RPM takes over. */
export interface Origin {
  version: string
  architecture: string
  summary: string
}

/** The spec file that makes `plan` from a tree that is already complete. */
export function specOf(plan: RpmPlan, origin: Origin, entries: Entry[]): string {
  const { epoch, version, release } = evrOf(plan.version ?? origin.version)
  const tags: [string, string][] = [
    ['Name', plan.name],
    ...(epoch ? [['Epoch', epoch] as [string, string]] : []),
    ['Version', version],
    ['Release', release],
    ['Summary', literal(origin.summary)],
    ['License', 'See /usr/share/doc'],
    ...((plan.noarch ?? origin.architecture === 'all') ? [['BuildArch', 'noarch'] as [string, string]] : []),
    ...Object.entries(plan.tags ?? {}).flatMap(([tag, all]) =>
      all.map(one => [tag, one] as [string, string]),
    ),
  ]
  return [
    ...tags.map(([tag, value]) => `${tag}: ${value}`),
    '',
    '%description',
    literal(origin.summary),
    ...Object.entries(plan.scriptlets ?? {}).flatMap(([directive, text]) => [
      '',
      `%${directive}`,
      text.trimEnd(),
    ]),
    '',
    '%files',
    '%defattr(-,root,root,-)',
    ...entries.map(fileLine),
    '',
  ].join('\n')
}

/**
 * `1:2.36-9+deb12u10` → epoch 1, version 2.36, release 9+deb12u10~lab; without a Debian revision, release 0~lab. The
 * suffix sorts before all that may follow a revision: 1~lab is older than 1+deb12u2~lab, as 1 is than 1+deb12u2, but
 * 1.lab would be newer.
 */
export function evrOf(debian: string): { epoch: string; version: string; release: string } {
  const [, epoch = '', upstream = '', revision = '0'] = /^(?:(\d+):)?(.+?)(?:-([^-]+))?$/.exec(debian) ?? []
  return { epoch, version: allowed(upstream), release: `${allowed(revision)}~lab` }
}

const allowed = (text: string) => text.replace(/[^A-Za-z0-9._+~^]/g, '.')

const literal = (text: string) => text.replaceAll('%', '%%')

function fileLine({ path, kind, mode }: Entry): string {
  const words: string[] = []
  if (kind === 'dir') words.push('%dir')
  if (kind === 'ghost') words.push('%ghost')
  if (kind === 'file' && path.startsWith('/etc/')) words.push('%config(noreplace)')
  if (mode) words.push(`%attr(${mode},root,root)`)
  return [...words, `"${literal(path).replace(/[[*?{}]/g, '[$&]')}"`].join(' ')
}
