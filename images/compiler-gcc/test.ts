import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { temporaryFolder } from '../../scripts/lib/temporary-folder.ts'
import { testImage } from '../../scripts/testing/image-test.ts'
import { containersOf, openSubject } from '../../scripts/testing/test-subject.ts'

const { run } = await openSubject()

const source = `
#include <math.h>
#include <pthread.h>
#include <stdio.h>

static void *root(void *number) { return *(double *)number = sqrt(*(double *)number), number; }

int main(void) {
  double number = 1764;
  pthread_t thread;
  pthread_create(&thread, NULL, root, &number);
  pthread_join(thread, NULL);
  printf("%.0f\\n", number);
  return 0;
}
`
const makefile = `
CFLAGS = -Wall -Werror -O2 -flto $(shell pkg-config --cflags libcrypt)
LDLIBS = -lm
program: program.c
`

testImage({
  shell: true,
  packageManager: true,
  run: [
    {
      name: 'the preprocessor knows Linux',
      argv: ['/bin/sh', '-c', 'echo __linux__ | cpp -P'],
      stdout: /^1$/m,
    },
  ],
})

test('make and gcc build a program that runs on minimal-base-glibc', async () => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'program.c'), source)
  writeFileSync(join(folder, 'Makefile'), makefile)
  const made = await run({ argv: ['make', '-C', '/work'], share: { '/work': folder } })
  assert.equal(made.exitCode, 0, made.stdout + made.stderr)
  const { exitCode, stdout } = await containersOf('minimal-base-glibc')({
    argv: ['/program'],
    add: { '/program': join(folder, 'program') },
  })
  assert.deepEqual({ exitCode, stdout: stdout.trim() }, { exitCode: 0, stdout: '42' })
})
