import { gunzipSync } from 'node:zlib'
import { execa } from 'execa'
import type { Archive, Download } from '../../../scripts/lib/debian-archive.ts'
import type { RpmPlan } from './catalog.ts'
import { evrOf } from './spec.ts'

/** What one source package's security updates fix, and the RPMs that have the fix. */
interface Advisory {
  source: string
  severity: string
  /** when Debian published it */
  date: Date
  cves: string[]
  text: string
  packages: { name: string; epoch: string; version: string; release: string; arch: string }[]
}

interface Update {
  source: string
  architecture: string
  version: string
  entries: ChangelogEntry[]
}

interface ChangelogEntry {
  version: string
  suite: string
  urgency: string
  text: string
  date: Date
}

/**
 * The updateinfo.xml of a release: for each source package that is newer than in the release before, what its
 * changelog says since then. Nothing is made up: the CVEs, the dates and the urgencies are Debian's.
 * @param debs by Debian package, its .deb in this release
 * @param before the archive of the release before
 */
export async function updateInfo(
  plans: RpmPlan[],
  debs: Map<string, Download>,
  before: Archive,
  rpmArch: string,
  release: number,
): Promise<string> {
  const first = [...new Set(plans.flatMap(({ from }) => from.slice(0, 1)))]
  const old = await before.fetch(first, () => {})
  const advisories = new Map<string, Advisory>()
  for (const plan of plans) {
    const [deb, oldDeb] = [debs.get(plan.from[0]!), old.get(plan.from[0]!)]
    if (!deb || !oldDeb || deb.digest === oldDeb.digest) continue
    const update = await readUpdate(plan, deb.path)
    const news = newerThan((await control(oldDeb.path)).version, update.entries)
    if (news.length === 0) continue
    const known = advisories.get(update.source) ?? advisoryOf(update.source, news)
    const noarch = plan.noarch ?? update.architecture === 'all'
    known.packages.push({
      name: plan.name,
      ...evrOf(update.version),
      arch: noarch ? 'noarch' : rpmArch,
    })
    advisories.set(update.source, known)
  }
  const sorted = [...advisories.values()].sort((a, b) => (a.source < b.source ? -1 : 1))
  return `<?xml version="1.0" encoding="UTF-8"?>\n<updates>\n${sorted.map(a => xmlOf(a, release)).join('')}</updates>\n`
}

function newerThan(version: string, entries: ChangelogEntry[]): ChangelogEntry[] {
  // A rebuild (+b1) has no entry of its own.
  const end = entries.findIndex(entry => entry.version === version.replace(/\+b\d+$/, ''))
  return end >= 0 ? entries.slice(0, end) : entries.filter(({ suite }) => suite.endsWith('-security'))
}

async function readUpdate(plan: RpmPlan, deb: string): Promise<Update> {
  const { source, version, architecture } = await control(deb)
  const name = plan.from[0]!
  // A package that shares its documentation with another one has no changelog of its own.
  const docs = `./usr/share/doc/${name}`
  const tar = await execa('dpkg-deb', ['--fsys-tarfile', deb], { buffer: false }).pipe(
    'tar',
    ['-x', '-O', `${docs}/changelog.Debian.gz`, `${docs}/changelog.gz`],
    { encoding: 'buffer', reject: false, env: { LC_ALL: 'C' } },
  )
  if (tar.failed && (tar.exitCode !== 2 || !onlyMisses(Buffer.from(tar.stderr).toString()))) {
    throw new Error(`the changelog in ${deb} cannot be read: ${tar.message}`)
  }
  const entries = tar.stdout.length > 0 ? parseChangelog(gunzipSync(tar.stdout).toString()) : []
  return { source, architecture, version, entries }
}

/** Whether tar only complains that it was asked for files that are not in the archive. */
function onlyMisses(stderr: string): boolean {
  const expected = /: Not found in archive$|: Exiting with failure status due to previous errors$/
  return stderr
    .split('\n')
    .filter(Boolean)
    .every(line => expected.test(line))
}

async function control(deb: string): Promise<{ source: string; version: string; architecture: string }> {
  const { stdout } = await execa('dpkg-deb', ['--field', deb, 'Package', 'Source', 'Version', 'Architecture'])
  const field = (name: string) => new RegExp(`^${name}: (\\S+)`, 'm').exec(stdout)?.[1]
  return {
    source: field('Source') ?? field('Package')!,
    version: field('Version')!,
    architecture: field('Architecture')!,
  }
}

/** `name (version) suite; urgency=u`, indented text, ` -- who  date`; repeated, newest first. */
export function parseChangelog(text: string): ChangelogEntry[] {
  const entry = /^\S+ \(([^)]+)\) ([^;\n]+); urgency=(\w+)[^\n]*\n(.*?)^ -- .*?> {2}([^\n]+)$/gms
  return [...text.matchAll(entry)].map(([, version, suite, urgency, body, date]) => ({
    version: version!,
    suite: suite!.trim(),
    urgency: urgency!.toLowerCase(),
    text: body!.trim(),
    date: new Date(date!),
  }))
}

const SEVERITIES: [string, string][] = [
  ['critical', 'Critical'],
  ['emergency', 'Critical'],
  ['high', 'Important'],
  ['medium', 'Moderate'],
]

function advisoryOf(source: string, entries: ChangelogEntry[]): Advisory {
  const text = entries.map(entry => `${source} (${entry.version})\n\n${entry.text}`).join('\n\n')
  const severity =
    SEVERITIES.find(([urgency]) => entries.some(entry => entry.urgency === urgency))?.[1] ?? 'Low'
  const cves = [...new Set(text.match(/CVE-\d{4}-\d{4,}/g))].sort()
  return { source, severity, date: entries[0]!.date, cves, text, packages: [] }
}

function xmlOf({ source, severity, date, cves, text, packages }: Advisory, release: number): string {
  const day = `${date.toISOString().slice(0, 10)} 00:00:00`
  const references = cves.map(
    id => `      <reference href="https://www.cve.org/CVERecord?id=${id}" id="${id}" type="cve"/>\n`,
  )
  const collected = packages.map(
    ({ name, epoch, version, release: rel, arch }) =>
      `        <package name="${name}" epoch="${epoch || 0}" version="${version}" release="${rel}" arch="${arch}">` +
      `<filename>${name}-${version}-${rel}.${arch}.rpm</filename></package>\n`,
  )
  return `  <update from="lab" status="final" type="${cves.length > 0 ? 'security' : 'bugfix'}" version="1">
    <id>LAB2023-${release}-${source}</id>
    <title>${source} update</title>
    <issued date="${day}"/>
    <updated date="${day}"/>
    <severity>${severity}</severity>
    <description>${escaped(text)}</description>
    <references>
${references.join('')}    </references>
    <pkglist>
      <collection short="lab-${release}">
        <name>Lab Linux release ${release}</name>
${collected.join('')}      </collection>
    </pkglist>
  </update>
`
}

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
