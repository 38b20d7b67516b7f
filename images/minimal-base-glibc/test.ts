import { testImage } from '../../scripts/testing/image-test.ts'
import { compileDynamic } from '../../scripts/testing/probe.ts'
import { openSubject } from '../../scripts/testing/test-subject.ts'

const { distro, image } = await openSubject()
const machine = image.platform === 'linux/arm64' ? 'aarch64' : 'x86-64'
const loader = machine === 'aarch64' ? '/lib/ld-linux-aarch64.so.1' : '/lib64/ld-linux-x86-64.so.2'

/** What cgo programs ask of libc: the loader, threads, user and host names (both through nsswitch), a locale. */
const probe = `
#include <locale.h>
#include <netdb.h>
#include <pthread.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

static void *thread(void *argument) { return argument; }

int main(int argc, char **argv) {
  struct passwd *user = getpwuid(65532);
  struct addrinfo *address = NULL;
  pthread_t started;
  void *returned = NULL;

  if (!user || strcmp(user->pw_name, "nonroot")) return puts("no user 65532"), 1;
  if (getaddrinfo("127.0.0.1", "443", NULL, &address)) return puts("no address"), 1;
  if (pthread_create(&started, NULL, thread, argv) || pthread_join(started, &returned) || returned != argv)
    return puts("no threads"), 1;
  if (!setlocale(LC_ALL, "C.UTF-8")) return puts("no UTF-8"), 1;
  puts("Printed from unsafe C code");
  return 0;
}
`

const names = [
  'basesystem',
  'ca-certificates',
  'filesystem',
  'gpg-pubkey',
  'setup',
  'system-release',
  'tzdata',
]
const added = [
  'glibc',
  'glibc-common',
  'glibc-minimal-langpack',
  'libgcc',
  'libselinux',
  'libsepol',
  'libstdc++',
  'pcre',
]

testImage({
  download: { layer: 8_000_000 },
  config: { User: '0', Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'] },
  packages: [...names, ...added, ...(distro === 'al2' ? [] : ['amazon-linux-repo-cdn', 'pcre2'])],
  files: {
    [loader]: 'present',
    '/lib64/libc.so.6': 'present',
    '/lib64/libstdc++.so.6': 'present',
    '/lib64/libgcc_s.so.1': 'present',
    // The parent's, not glibc's.
    '/etc/nsswitch.conf': { contains: /^passwd: +compat$/m },
    '/etc/nsswitch.conf.rpmnew': 'absent',
    '/etc/passwd': { contains: 'nonroot:x:65532:65532' },
  },
  run: [
    {
      name: 'a program linked to libc prints what it should and nothing else',
      argv: ['/probe'],
      add: { '/probe': () => compileDynamic(probe, image.platform) },
      stdout: /^Printed from unsafe C code\n?$/,
      stderr: /^$/,
    },
  ],
})
