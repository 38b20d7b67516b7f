/* One program that is many, as GNU's coreutils are when they are built with --enable-single-binary=shebangs: a script
 * `#!/usr/bin/coreutils --coreutils-prog-shebang=cp` runs cp. The programs themselves lie in this one as they are, and
 * are run out of memory: a newroot need not have /proc to find the own file by. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include PROGRAMS /* PROGRAM(0, "cp", "/path/of/cp") … */

#define PROGRAM(number, name, file)                                                                                    \
  __asm__(".pushsection .rodata\n.balign 16\nprogram_" #number ":\n.incbin \"" file "\"\nprogram_" #number             \
          "_end:\n.popsection");                                                                                       \
  extern const char program_##number[] __attribute__((visibility("hidden")));                                          \
  extern const char program_##number##_end[] __attribute__((visibility("hidden")));
EACH_PROGRAM
#undef PROGRAM

static const struct {
  const char *name, *start, *end;
} programs[] = {
#define PROGRAM(number, name, file) {name, program_##number, program_##number##_end},
    EACH_PROGRAM
};
static const size_t count = sizeof programs / sizeof *programs;

extern char **environ;

static int run(const char *name, char **argv) {
  for (size_t index = 0; index < count; index++) {
    if (strcmp(programs[index].name, name) != 0) continue;
    int memory = memfd_create(name, MFD_CLOEXEC);
    for (const char *at = programs[index].start; memory >= 0 && at < programs[index].end;) {
      ssize_t written = write(memory, at, programs[index].end - at);
      if (written <= 0) break;
      at += written;
    }
    syscall(SYS_execveat, memory, "", argv, environ, AT_EMPTY_PATH);
    perror(name);
    return 126;
  }
  fprintf(stderr, "coreutils: unknown program '%s'\n", name);
  return 1;
}

static char *after(const char *option, char *word) {
  size_t length = strlen(option);
  return strncmp(word, option, length) == 0 ? word + length : NULL;
}

int main(int argc, char **argv) {
  char *name = argc > 1 ? after("--coreutils-prog=", argv[1]) : NULL;
  char *shebang = argc > 2 ? after("--coreutils-prog-shebang=", argv[1]) : NULL;
  if (name) return argv[1] = name, run(name, argv + 1);
  /* In the place of the name stands the path of the script. */
  if (shebang) return argv[2] = shebang, run(shebang, argv + 2);
  FILE *out = argc == 2 && strcmp(argv[1], "--help") == 0 ? stdout : stderr;
  fprintf(out, "Usage: coreutils --coreutils-prog=PROGRAM [ARGUMENT...]\nPrograms:");
  for (size_t index = 0; index < count; index++) fprintf(out, " %s", programs[index].name);
  fputc('\n', out);
  return out == stdout ? 0 : 1;
}
