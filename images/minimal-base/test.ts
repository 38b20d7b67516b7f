import { testImage } from '../../scripts/testing/image-test.ts'
import { compileStatic } from '../../scripts/testing/probe.ts'
import { openSubject } from '../../scripts/testing/test-subject.ts'

const { distro, image } = await openSubject()
const id = distro === 'lab' ? 'lab' : 'amzn'
const version = distro === 'al2' ? '2' : '2023'

/** What every static program may count on: certificates, time zones, users, a writable /tmp. Says what is not so. */
const probe = String.raw`
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int failures;

static void expect(int holds, const char *what) {
  if (!holds) { failures++; printf("not so: %s\n", what); }
}

/* How many lines of the file begin with the text. */
static int count(const char *path, const char *text) {
  char line[4096];
  int lines = 0;
  FILE *file = fopen(path, "r");
  if (!file) return -1;
  while (fgets(line, sizeof line, file)) lines += !strncmp(line, text, strlen(text));
  fclose(file);
  return lines;
}

int main(void) {
  time_t summer = 1753963200; /* 2025-07-31 12:00 UTC */
  char shown[64], temporary[] = "/tmp/probe-XXXXXX";

  expect(count("/etc/pki/tls/certs/ca-bundle.crt", "-----BEGIN CERTIFICATE") > 100, "over 100 certificates");

  setenv("TZ", "Europe/Berlin", 1);
  tzset();
  strftime(shown, sizeof shown, "%H:%M %Z", localtime(&summer));
  expect(!strcmp(shown, "14:00 CEST"), "noon UTC in July is 14:00 CEST in Berlin");

  expect(getuid() == 65534, "the user is 65534");
  expect(count("/etc/passwd", "nobody:x:65534:65534:") == 1, "its name is nobody");

  int fd = mkstemp(temporary);
  expect(fd >= 0 && write(fd, "x", 1) == 1 && !unlink(temporary), "a file can be made in /tmp");
  expect(access("/etc/passwd", W_OK) && access("/usr", W_OK), "nothing else is writable");

  if (!failures) puts("all is there");
  return failures;
}
`

const packages = [
  'basesystem',
  'ca-certificates',
  'filesystem',
  'gpg-pubkey',
  'setup',
  'system-release',
  'tzdata',
]
const plain = { type: 'file', mode: 0o644, uid: 0, gid: 0 } as const

testImage({
  made: ['/etc/nsswitch.conf'],
  config: {
    User: '0',
    Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
    Entrypoint: undefined,
    Cmd: undefined,
  },
  packages: distro === 'al2' ? packages : [...packages, 'amazon-linux-repo-cdn'],
  files: {
    '/etc/passwd': {
      ...plain,
      content:
        'root:x:0:0:root:/root:/sbin/nologin\n' +
        'nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin\n' +
        'nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n',
    },
    '/etc/group': {
      ...plain,
      content: 'root:x:0:\nnobody:x:65534:\ntty:x:5:\nstaff:x:50:\nnonroot:x:65532:\n',
    },
    '/etc/nsswitch.conf': { ...plain, contains: [/^passwd: +compat$/m, /^hosts: +files dns$/m] },
    // A file of its own, by which scanners know the distro; the distro's stays what it was.
    '/etc/os-release': {
      ...plain,
      contains: ['PRETTY_NAME="Minimal"', new RegExp(`^ID="?${id}"?$`, 'm'), `VERSION_ID="${version}"`],
    },
    '/usr/lib/os-release': { type: 'file', contains: /^PRETTY_NAME="(?!Minimal").*"$/m },
    '/tmp': { type: 'dir', mode: 0o1777, uid: 0, gid: 0 },
    '/home/nonroot': { type: 'dir', uid: 65532, gid: 65532 },
    '/bin': { type: 'symlink', link: 'usr/bin' },
    '/sbin': { type: 'symlink', link: 'usr/sbin' },
    '/lib': { type: 'symlink', link: 'usr/lib' },
    '/lib64': { type: 'symlink', link: 'usr/lib64' },
    '/etc/pki/tls/certs/ca-bundle.crt': { contains: '-----BEGIN CERTIFICATE-----' },
    '/usr/share/zoneinfo/Europe/Berlin': 'present',
    '/lib64/libc.so.6': 'absent',
  },
  run: [
    {
      name: 'a static program finds all it may count on',
      argv: ['/probe'],
      add: { '/probe': () => compileStatic(probe, image.platform) },
      user: '65534',
      stdout: /^all is there\n?$/,
    },
  ],
})
