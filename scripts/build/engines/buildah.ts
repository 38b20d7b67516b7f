import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, symlinkSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { UserError } from '../../lib/errors.ts'
import { readJson } from '../../lib/json.ts'
import { inRepo } from '../../lib/paths.ts'
import { type Command, capture } from '../../lib/run.ts'
import { readImage } from '../../oci/layout.ts'
import { imageConfig, imageManifest } from '../../oci/schema.ts'
import type { BuildPlan, Context } from '../plan.ts'
import { buildArgs, type Engine, runOptions, runToEnd } from './engine.ts'
import { requireVersion, versionIn } from './version.ts'

// Images that builds start from, each under the digest of what it holds; builds only read them. Who adds one holds the
// lock `adding`, who uses one shares the lock `using`, and who removes one holds both.
const shared = inRepo('work', 'buildah')
/** The storage of the images that builds start from; it can be deleted at any time when nothing is built. */
export const program = buildahIn(shared)

/** buildah, for machines without a daemon. */
export const buildah: Engine = {
  name: 'buildah',

  async probe() {
    const { stdout, exitCode } = await capture({ argv: ['buildah', '--version'] })
    if (exitCode !== 0)
      throw new UserError("buildah does not answer: run 'npm run setup' or set ENGINE=buildkit")
    requireVersion('buildah', versionIn(stdout), '1.28')
    return `buildah ${versionIn(stdout)}`
  },

  build(plan: BuildPlan): Command[] {
    const layouts = new Set(plan.contexts.flatMap(context => sharedLayout(context, plan.work) ?? []))
    const storage = join(plan.work, 'storage')
    const own = storageIn(storage, layouts.size > 0)
    const build = [
      ...own,
      'build',
      ...isolation,
      // BuildKit's steps may make device nodes, too.
      '--cap-add=CAP_MKNOD',
      '--format=oci',
      '--layers=false',
      `--platform=${plan.platform}`,
      `--network=${plan.network === 'none' ? 'none' : 'host'}`,
      ...buildArgs(plan),
      ...plan.contexts.map(context => `--build-context=${context.name}=${source(context, plan.work)}`),
      `--file=${plan.dockerfile}`,
      `--tag=${tag}`,
      plan.recipe,
    ] as const
    // Killed, it leaves what it keeps there for a while.
    const env = { TMPDIR: plan.work }
    const reading = (command: readonly [string, ...string[]]) =>
      contained(layouts.size > 0 ? viewing(storage, command) : command)
    return [
      ...[...layouts].map(layout => ({
        cwd: plan.work,
        argv: contained(adding([...program, 'pull', '--quiet', '--policy=missing', `oci:${layout}:latest`])),
      })),
      { cwd: plan.work, env, argv: reading(build) },
      // A `dir:` keeps layers as they are; an `oci:` would gzip what is made canonical and compressed afterwards.
      {
        env,
        argv: reading([
          ...own,
          'push',
          '--quiet',
          '--disable-compression',
          '--format=oci',
          tag,
          `dir:${exportDir(plan)}`,
        ]),
      },
    ]
  },

  readExport(plan) {
    const dir = exportDir(plan)
    const manifest = readJson(join(dir, 'manifest.json'), imageManifest)
    const file = (digest: string) => join(dir, digest.slice('sha256:'.length))
    return {
      config: readJson(file(manifest.config.digest), imageConfig),
      layers: manifest.layers.map(({ digest }) => file(digest)),
    }
  },

  isLocal: () => true,

  async open(layout, platform, request) {
    // Where what we were given lies, so that it goes with that.
    const [cwd, name] = [dirname(layout), `run-${randomBytes(8).toString('hex')}`]
    const { digest } = readImage([layout], platform)
    const image = `contexts/${digest.slice('sha256:'.length)}`
    mkdirSync(join(cwd, 'contexts'), { recursive: true })
    if (!existsSync(join(cwd, image))) symlinkSync(layout, join(cwd, image))
    const folder = join(cwd, name)
    const own = storageIn(folder, true)
    const from = ['from', '--quiet', `--name=${name}`, `--platform=${platform}`, `localhost/${image}:latest`]
    for (const argv of [
      adding([...program, 'pull', '--quiet', '--policy=missing', `oci:${image}:latest`]),
      viewing(folder, [...own, ...from]),
    ]) {
      const { exitCode, stderr } = await capture({ cwd, argv: mounting(argv) })
      if (exitCode !== 0) throw new UserError(`buildah cannot read ${layout}: ${stderr.trim()}`)
    }
    return {
      command: {
        env: { TMPDIR: folder },
        argv: mounting(
          viewing(folder, [
            ...own,
            'run',
            ...(request.privileged ? privileged : isolation),
            ...(request.stdin === 'tty' ? ['--tty'] : []),
            ...runOptions(request),
            name,
            '--',
            ...request.argv,
          ]),
        ),
      },
      remark: /Error: (while running runtime: )?exit status \d+\n?$/,
      remove: [{ argv: ['rm', '-rf', folder] }],
    }
  },

  forget: digests => [
    {
      argv: [
        'flock',
        // Somebody may have a shell open in one; then they stay.
        '--timeout=30',
        join(shared, 'using.lock'),
        ...adding([
          ...program,
          'rmi',
          ...digests.map(digest => `localhost/contexts/${digest.slice('sha256:'.length)}`),
        ]),
      ],
    },
  ],

  run: async (layout, platform, request) => runToEnd(await buildah.open(layout, platform, request)),
}

// runc, because crun refuses machines whose cgroups are hybrid; network=none needs the OCI isolation.
const isolation = ['--isolation=oci', '--runtime=runc']

// Its OCI isolation has no word for the machine's devices. Further capabilities are the request's to name.
const privileged = ['--isolation=chroot', '--cap-add=CAP_SYS_ADMIN', '--volume=/dev:/dev']

const exportDir = (plan: BuildPlan) => join(plan.work, 'export')

const tag = 'localhost/made:latest'

/**
 * A command that changes what the shared storage holds, alone. Without, buildah hangs for ever: a pull locks first what it
 * knows of layers and then of images, and who reads locks the one of images first.
 */
function adding(command: readonly string[]): [string, ...string[]] {
  return ['sh', '-ec', 'mkdir -p "$0" && exec flock --no-fork "$0/adding.lock" "$@"', shared, ...command]
}

/**
 * A command on the storage in `folder` that reads shared images for as long as it runs: as said in a copy of its own of
 * what the shared storage knows of them, so that it waits for nobody who adds one.
 */
function viewing(folder: string, command: readonly string[]): [string, ...string[]] {
  const lock = ['flock', '--no-fork', '--shared', join(shared, 'using.lock')] as const
  return [...lock, 'sh', '-ec', view, shared, join(folder, viewName), ...command]
}

const viewName = 'shared'

const view = `if [ ! -e "$1" ]; then
  mkdir -p "$1.part" && ln -s "$0/root/overlay" "$1.part/overlay"
  flock --shared "$0/adding.lock" cp -R "$0/root/overlay-images" "$0/root/overlay-layers" "$1.part"
  mv "$1.part" "$1"
fi
shift && exec "$@"`

/** Containers and what is made live and die with the build's own folder; the images it starts from are only read. */
function storageIn(folder: string, readsShared: boolean): [string, ...string[]] {
  const own = buildahIn(folder)
  if (readsShared && shared.includes(',')) {
    throw new UserError(
      `buildah cannot work in ${shared}: it takes the comma for the end of the path; move the checkout, or set ENGINE=buildkit`,
    )
  }
  return readsShared ? [...own, '--storage-opt', `overlay.imagestore=${join(folder, viewName)}`] : own
}

function buildahIn(storage: string): [string, ...string[]] {
  return ['buildah', '--root', join(storage, 'root'), '--runroot', join(storage, 'run')]
}

/**
 * A command in mount and process namespaces of its own, which ends when we do: whatever ends it, the kernel takes away
 * its mounts and all that it left running. Who is not root has such namespaces from buildah itself.
 */
function contained(command: readonly [string, ...string[]]): [string, ...string[]] {
  if (!isRoot) return [...command]
  const namespaces = ['unshare', '--mount', '--pid', '--mount-proc', '--fork', '--kill-child']
  return ['setpriv', '--pdeathsig', 'KILL', ...namespaces, ...command]
}

/** The same without the processes, which somebody else ends. */
function mounting(command: readonly [string, ...string[]]): [string, ...string[]] {
  return isRoot ? ['unshare', '--mount', ...command] : [...command]
}

const isRoot = process.getuid?.() === 0

/** The path of a layout that is named by its digest, and so is the same for all; relative, see `source`. */
function sharedLayout(context: Context, work: string): string | undefined {
  return 'layout' in context && context.digest ? relative(work, context.layout) : undefined
}

/** Layouts by relative path: buildah makes a name of the path, and refuses one with a capital letter in it. */
function source(context: Context, work: string): string {
  const layout = sharedLayout(context, work)
  if (layout) return `docker-image://localhost/${layout}:latest`
  if ('layout' in context) return `docker-image://oci:${relative(work, context.layout)}:latest`
  return 'folder' in context ? context.folder : `docker-image://${context.reference}`
}
