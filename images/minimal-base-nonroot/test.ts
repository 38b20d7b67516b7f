import { testImage } from '../../scripts/testing/image-test.ts'
import { compileStatic } from '../../scripts/testing/probe.ts'
import { openSubject } from '../../scripts/testing/test-subject.ts'

const { image } = await openSubject()

const probe = String.raw`
#include <stdio.h>
#include <unistd.h>

int main(void) {
  printf("user %d, group %d, %s\n", getuid(), getgid(),
         access("/home/nonroot", W_OK) ? "homeless" : "at home");
  return 0;
}
`

testImage({
  made: ['/etc/nsswitch.conf'],
  config: {
    User: '65532',
    Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
    Entrypoint: undefined,
    Cmd: undefined,
  },
  files: {
    '/etc/passwd': { contains: 'nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n' },
    '/home/nonroot': { type: 'dir', uid: 65532, gid: 65532 },
  },
  run: [
    {
      name: 'a program runs as nonroot, with a home',
      argv: ['/probe'],
      add: { '/probe': () => compileStatic(probe, image.platform) },
      stdout: /^user 65532, group 65532, at home\n?$/,
    },
  ],
})
