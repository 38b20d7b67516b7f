import { randomBytes } from 'node:crypto'
import { existsSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../../lib/errors.ts'
import { inRepo } from '../../lib/paths.ts'
import { type Command, capture } from '../../lib/run.ts'
import { buildkitHost, chosenBuilder, dockerHost, type Platform } from '../../lib/settings.ts'
import { blobPath } from '../../oci/blobs.ts'
import { readImage } from '../../oci/layout.ts'
import type { BuildPlan, Context } from '../plan.ts'
import { buildArgs, type Container, type Engine, type RunRequest, removeAll, runOptions } from './engine.ts'
import { requireVersion, versionIn } from './version.ts'

/** BuildKit through `docker buildx`: Docker's own, a docker-container builder, or a buildkitd at `BUILDKIT_HOST`. */
export const buildkit: Engine = {
  name: 'buildkit',

  async probe() {
    const buildx = await capture(docker('buildx', 'version'))
    if (buildx.exitCode !== 0) {
      throw new UserError(
        "the docker client has no buildx: run 'npm run setup' or install the package docker-buildx",
      )
    }
    requireVersion('docker buildx', versionIn(buildx.stdout), '0.13')
    if (buildkitHost())
      return `buildx ${versionIn(buildx.stdout)} with the buildkitd at ${await remoteBuilder()}`

    const server = await capture(docker('version', '--format', '{{.Server.Version}}'))
    if (server.exitCode !== 0) {
      throw new UserError(
        `no Docker daemon answers (${server.stderr.trim().split('\n').at(-1)}): start it, run 'npm run setup', or set ENGINE=buildah`,
      )
    }
    requireVersion('the Docker daemon', versionIn(server.stdout), '26')
    const driver = await capture(docker('buildx', 'inspect'))
    if (/^Driver:\s*docker$/m.test(driver.stdout)) await requireContainerdStore()
    return `docker ${server.stdout.trim()}, buildx ${versionIn(buildx.stdout)}`
  },

  build(plan: BuildPlan): Command[] {
    return [
      {
        // The folder's own path may have a comma in it, which would end it in `--output`.
        cwd: plan.work,
        ...docker(
          'buildx',
          'build',
          ...(buildkitHost() ? ['--builder', builderName] : []),
          ...(plan.noCache ? ['--no-cache'] : []),
          '--progress=plain',
          // An attestation holds the time of the build, so the digest would differ each time.
          '--provenance=false',
          '--sbom=false',
          `--platform=${plan.platform}`,
          `--network=${network(plan)}`,
          ...buildArgs(plan),
          ...plan.contexts.map(context => `--build-context=${context.name}=${source(context)}`),
          `--file=${plan.dockerfile}`,
          // Compressed once, by us, after the layer has been made canonical.
          `--output=type=oci,tar=false,oci-mediatypes=true,compression=uncompressed,dest=${exported}`,
          plan.recipe,
        ),
      },
    ]
  },

  readExport(plan) {
    const layout = exportDir(plan)
    const { config, manifest } = readImage([layout], plan.platform)
    return { config, layers: manifest.layers.map(({ digest }) => blobPath(layout, digest)) }
  },

  isLocal: () => !buildkitHost() && !chosenBuilder(),

  open: async (layout, platform, request) => (await load(layout, platform, request, ['--rm'])).container,

  async run(layout, platform, request) {
    const { container, name } = await load(layout, platform, request, ['--log-driver=json-file'])
    try {
      const ran = await capture(container.command)
      // On a busy machine the client that is attached loses what is printed last (moby#43121); the log has all of it, but
      // for why nothing was started.
      const logged = await capture(docker('logs', name))
      if (logged.exitCode !== 0) return ran
      return { ...ran, stdout: logged.stdout, stderr: logged.stderr || ran.stderr }
    } finally {
      await removeAll(container.remove)
    }
  },
}

/** The container of an image's layout, which is loaded for it. */
async function load(
  layout: string,
  platform: Platform,
  request: RunRequest,
  options: readonly string[],
): Promise<{ name: string; container: Container }> {
  const dockerfile = `${layout}.Dockerfile`
  const name = `eks-distro-base-run-${randomBytes(8).toString('hex')}`
  writeFileSync(dockerfile, 'FROM image\n')
  const context = `--build-context=image=oci-layout://${layout}:latest`
  const kill = docker('rm', '--force', name)
  const remove = [kill, docker('rmi', '--force', name)]
  const loaded = await capture(
    docker(
      'buildx',
      'build',
      '--load',
      `--platform=${platform}`,
      '--provenance=false',
      `--tag=${name}`,
      context,
      `--file=${dockerfile}`,
      layout,
    ),
  )
  if (loaded.exitCode !== 0) {
    await removeAll(remove)
    throw new UserError(`docker cannot read ${layout}: ${loaded.stderr.trim()}`)
  }
  const container = {
    command: docker(
      'run',
      ...options,
      `--name=${name}`,
      ...(request.stdin ? ['--interactive'] : []),
      ...(request.stdin === 'tty' ? ['--tty'] : []),
      ...(request.privileged ? ['--privileged'] : []),
      `--platform=${platform}`,
      ...runOptions(request),
      name,
      ...request.argv,
    ),
    kill,
    remove,
  }
  return { name, container }
}

const builderName = 'eks-distro-base-remote'

const exported = 'export'

const exportDir = (plan: BuildPlan) => join(plan.work, exported)

function source(context: Context): string {
  if ('layout' in context) return `oci-layout://${context.layout}:latest`
  return 'folder' in context ? context.folder : `docker-image://${context.reference}`
}

/** Docker's own network would have to be set up on the machine; a daemon of ours that has none lends its host's. */
function network({ network }: BuildPlan): string {
  return network === 'default' && privateDocker() ? 'host' : network
}

/** The docker client: the one that setup unpacked beside the system, if it is there and no other daemon is named. */
export function docker(...args: string[]): Command {
  const home = privateDocker()
  if (!home) return { argv: ['docker', ...args] }
  return {
    argv: [join(home, 'programs/usr/bin/docker'), ...args],
    env: { DOCKER_HOST: `unix://${home}/docker.sock`, DOCKER_CONFIG: join(home, 'config') },
  }
}

/** The folder of the Docker Engine that setup started. Its real path: the one of a socket has at most 107 characters. */
function privateDocker(): string | undefined {
  const home = inRepo('work', 'docker')
  return !dockerHost() && existsSync(join(home, 'docker.sock')) ? realpathSync(home) : undefined
}

async function requireContainerdStore(): Promise<void> {
  const { stdout } = await capture(docker('info', '--format', '{{json .DriverStatus}}'))
  if (stdout.includes('io.containerd.snapshotter')) return
  throw new UserError(
    "Docker's containerd image store is off, and its old store reads no OCI layouts: " +
      'set {"features": {"containerd-snapshotter": true}} in /etc/docker/daemon.json and restart Docker, ' +
      "or run 'docker buildx create --use'",
  )
}

/** Registers the buildkitd at `BUILDKIT_HOST` with buildx, once. Not proven here: no buildkitd was to be had. */
async function remoteBuilder(): Promise<string> {
  const host = buildkitHost()!
  const known = await capture(docker('buildx', 'inspect', builderName))
  if (known.stdout.includes(host)) return host
  await capture(docker('buildx', 'rm', builderName))
  const made = await capture(docker('buildx', 'create', '--name', builderName, '--driver', 'remote', host))
  if (made.exitCode !== 0)
    throw new UserError(`BUILDKIT_HOST=${host}: buildx does not take it: ${made.stderr.trim()}`)
  return host
}
