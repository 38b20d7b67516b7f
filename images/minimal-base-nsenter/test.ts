import { testImage } from '../../scripts/testing/image-test.ts'
import { compileStatic } from '../../scripts/testing/probe.ts'
import { openSubject } from '../../scripts/testing/test-subject.ts'

const { image } = await openSubject()

/** `stay` makes a host name of its own, shows where to enter its namespace, and waits; else it says the host name. */
const host = `
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv) {
  char text[256];
  if (argc == 1) return gethostname(text, sizeof text) || puts(text) < 0;
  if (unshare(CLONE_NEWUTS) || sethostname("elsewhere", 9)) return perror("unshare"), 1;
  snprintf(text, sizeof text, "/proc/%d/ns/uts", getpid());
  return symlink(text, "/tmp/namespace") || pause();
}
`

testImage({
  files: {
    '/usr/bin/nsenter': { type: 'file', mode: 0o755, uid: 0, gid: 0 },
    // Its package is registered, but only this one file of it was asked for.
    '/usr/bin/unshare': 'absent',
  },
  run: [
    {
      name: 'runs a program in the namespace of another process',
      capabilities: ['SYS_ADMIN', 'SYS_PTRACE'],
      add: { '/host': () => compileStatic(host, image.platform) },
      steps: [
        { spawn: ['/host', 'stay'] },
        { ready: '/tmp/namespace' },
        { run: ['nsenter', '--uts=/tmp/namespace', '/host'] },
        { run: ['nsenter', '--target', '1', '--uts', '/host'] },
      ],
      stdout: /^elsewhere\n(?!elsewhere)./,
    },
    {
      name: 'says which namespace it may not enter',
      user: '65532',
      argv: ['nsenter', '--target', '1', '--mount', '/host'],
      exitCode: 1,
      stderr: /^nsenter: .*ns\/mnt.*: Operation not permitted/,
    },
  ],
})
