import { readFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { UserError } from '../../lib/errors.ts'
import { inRepo } from '../../lib/paths.ts'
import { type Command, capture } from '../../lib/run.ts'
import type { Manifest } from '../../oci/layout.ts'
import type { BuildPlan, Context } from '../plan.ts'
import { buildArgs, type Engine, runOptions } from './engine.ts'
import { requireVersion, versionIn } from './version.ts'

// A storage of its own: what builds leave in it is nobody else's, and it can be deleted at any time.
const storage = inRepo('work', 'buildah')
export const program = [
  'buildah',
  '--root',
  join(storage, 'root'),
  '--runroot',
  join(storage, 'run'),
] as const

/** buildah, for machines without a daemon. */
export const buildah: Engine = {
  async probe() {
    const { stdout, exitCode } = await capture({ argv: ['buildah', '--version'] })
    if (exitCode !== 0)
      throw new UserError("buildah does not answer: run 'npm run setup' or set ENGINE=buildkit")
    requireVersion('buildah', versionIn(stdout), '1.28')
    return `buildah ${versionIn(stdout)}`
  },

  build(plan: BuildPlan): Command[] {
    const tag = `localhost/eks-distro-base/${plan.image.name}:work`
    return [
      {
        cwd: plan.work,
        argv: [
          ...program,
          'build',
          ...isolation,
          '--format=oci',
          '--layers=false',
          `--platform=${plan.platform}`,
          `--network=${plan.network === 'none' ? 'none' : 'host'}`,
          ...buildArgs(plan),
          ...plan.contexts.map(context => `--build-context=${context.name}=${source(context, plan.work)}`),
          `--file=${plan.dockerfile}`,
          `--tag=${tag}`,
          plan.image.recipe,
        ],
      },
      // A `dir:` keeps layers as they are; an `oci:` would gzip what is made canonical and compressed afterwards.
      {
        argv: [
          ...program,
          'push',
          '--quiet',
          '--disable-compression',
          '--format=oci',
          tag,
          `dir:${exportDir(plan)}`,
        ],
      },
      { argv: [...program, 'rmi', tag] },
    ]
  },

  readExport(plan) {
    const dir = exportDir(plan)
    const manifest = JSON.parse(readFileSync(join(dir, 'manifest.json'), 'utf8')) as Manifest
    const file = (digest: string) => join(dir, digest.slice('sha256:'.length))
    return {
      config: JSON.parse(readFileSync(file(manifest.config.digest), 'utf8')),
      layers: manifest.layers.map(({ digest }) => file(digest)),
    }
  },

  isLocal: () => true,

  async run(layout, platform, request) {
    const source = `oci:${basename(layout)}:latest`
    const from = await capture({
      cwd: dirname(layout),
      argv: [...program, 'from', '--quiet', `--platform=${platform}`, source],
    })
    if (from.exitCode !== 0) throw new UserError(`buildah cannot read ${layout}: ${from.stderr.trim()}`)
    const container = from.stdout.trim()
    try {
      const result = await capture({
        argv: [
          ...program,
          'run',
          ...(request.privileged ? privileged : isolation),
          ...runOptions(request),
          container,
          '--',
          ...request.argv,
        ],
      })
      // buildah adds a line of its own when the program's exit code is not 0.
      return { ...result, stderr: result.stderr.replace(/\n?Error: while running runtime: .*$/, '') }
    } finally {
      await capture({ argv: [...program, 'rm', container] })
    }
  },
}

// runc, because crun refuses machines whose cgroups are hybrid; network=none needs the OCI isolation.
const isolation = ['--isolation=oci', '--runtime=runc']

// Its OCI isolation has no word for the machine's devices. Further capabilities are the request's to name.
const privileged = ['--isolation=chroot', '--cap-add=CAP_SYS_ADMIN', '--volume=/dev:/dev']

const exportDir = (plan: BuildPlan) => join(plan.work, 'export')

/** Layouts by relative path: buildah makes a name of the path, and refuses one with a capital letter in it. */
function source(context: Context, work: string): string {
  if ('layout' in context) return `docker-image://oci:${relative(work, context.layout)}:latest`
  return 'folder' in context ? context.folder : `docker-image://${context.reference}`
}
