import { execFileSync } from 'node:child_process'
import { dirname } from 'node:path'
import { after } from 'node:test'
import { dockerDaemon } from '../../scripts/testing/docker-daemon.ts'
import { testImage } from '../../scripts/testing/image-test.ts'
import { compileStatic } from '../../scripts/testing/probe.ts'
import { openSubject } from '../../scripts/testing/test-subject.ts'

const { image } = await openSubject()
const { socket, end } = await dockerDaemon()
after(end)

/** An archive with one program in it, as `docker import` takes it. */
async function filesystem(): Promise<string> {
  const program = await compileStatic('#include <stdio.h>\nint main() { puts("ran"); }\n', image.platform)
  execFileSync('tar', ['-C', dirname(program), '-cf', `${program}.tar`, 'probe'])
  return `${program}.tar`
}

const tag = `docker-client-test:${process.pid}`

testImage({
  files: {
    '/usr/bin/docker': { type: 'file', mode: 0o755, uid: 0, gid: 0 },
    // Its package is registered, but only this one file of it was asked for.
    '/usr/sbin/dockerd': 'absent',
  },
  run: [
    {
      name: 'imports and runs an image on a daemon',
      share: { '/var/run/docker.sock': socket },
      add: { '/rootfs.tar': filesystem },
      steps: [
        { run: ['docker', 'version', '--format', 'daemon {{.Server.Version}}'] },
        { run: ['docker', 'import', '--change', 'CMD ["/probe"]', '/rootfs.tar', tag] },
        { run: ['docker', 'run', '--rm', '--network=none', tag] },
        { run: ['docker', 'rmi', tag] },
      ],
      stdout: /^daemon \d+\.\d+.*^sha256:.*^ran$.*^Untagged: /ms,
    },
    {
      name: 'says so where there is no daemon',
      argv: ['docker', 'version'],
      exitCode: 1,
      stderr: /Cannot connect to the Docker daemon at unix:\/\/\/var\/run\/docker\.sock/,
    },
  ],
})
