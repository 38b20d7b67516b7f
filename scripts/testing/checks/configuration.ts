import type { BuiltImage } from '../../image/built-image.ts'

/** Variables that steer a build; upstream's builders hand them on to everything made from them. */
const builderVariable =
  /^(NEWROOT|DOWNLOAD_DIR|OUTPUT_DEBUG_LOG|SOURCE_DATE_EPOCH|CLEANUP_.*|IGNORE_DANGLING_SYMLINKS|EXPECTED_RPM_SCRIPTLET_FAILURES|.*_SCRIPTLET_REQS|.*_IGNORE_SCRIPTLET_ERRORS|(https?|ftp|all|no)_proxy)$/i
const secretName = /TOKEN|SECRET|PASSW|CREDENTIAL|PRIVATE_?KEY|API_?KEY|ACCESS_?KEY/i
const secretValue =
  /\b(AKIA|ASIA)[0-9A-Z]{16}\b|\bgh[pousr]_\w{20,}|-----BEGIN [A-Z ]*PRIVATE KEY|:\/\/[^/\s:@]+:[^/\s@]+@/

/** What the image's configuration gives to every process: a PATH, and nothing of the workshop's. */
export function configuration({ config: { config } }: BuiltImage): string[] {
  const env = (config.Env ?? []).map(entry => {
    const [name = '', ...value] = entry.split('=')
    return { name, value: value.join('=') }
  })
  const labels = Object.entries(config.Labels ?? {}).map(([name, value]) => ({ name, value }))
  const path = env.find(({ name }) => name === 'PATH')?.value
  const relative = path?.split(':').filter(directory => !directory.startsWith('/')) ?? []
  return [
    ...(path ? [] : ['Env has no PATH']),
    ...relative.map(directory => `PATH has "${directory}", which is not absolute`),
    ...env
      .filter(({ name }) => builderVariable.test(name))
      .map(({ name }) => `Env has the builder's ${name}`),
    ...[...env, ...labels]
      .filter(({ name, value }) => secretName.test(name) || secretValue.test(value))
      // Never the value: the report of a test is public.
      .map(({ name }) => `${name} looks like a secret`),
  ]
}
