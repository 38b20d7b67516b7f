/* One program that is many, as GNU's coreutils are when they are built with --enable-single-binary=shebangs: a script
 * `#!/usr/bin/coreutils --coreutils-prog-shebang=cp` runs cp. The programs themselves lie in this one as they are, and
 * are run out of memory: a newroot need not have /proc to find the own file by. Emulators of another machine know no
 * such call; there they are run out of a file. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
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

static void copy(int file, const char *at, const char *end) {
  while (file >= 0 && at < end) {
    ssize_t written = write(file, at, end - at);
    if (written <= 0) break;
    at += written;
  }
}

/* The file is there for as long as the program runs. */
static int run_from_file(const char *start, const char *end, char **argv) {
  char path[] = "/tmp/coreutils-XXXXXX";
  int file = mkstemp(path), status = 0;
  copy(file, start, end);
  if (file < 0 || fchmod(file, 0700) != 0 || close(file) != 0) return perror(path), 126;
  pid_t child = fork();
  if (child == 0) {
    execv(path, argv);
    perror(path);
    _exit(126);
  }
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  unlink(path);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int run(const char *name, char **argv) {
  for (size_t index = 0; index < count; index++) {
    if (strcmp(programs[index].name, name) != 0) continue;
    int memory = memfd_create(name, MFD_CLOEXEC);
    copy(memory, programs[index].start, programs[index].end);
    syscall(SYS_execveat, memory, "", argv, environ, AT_EMPTY_PATH);
    if (errno == ENOSYS) return run_from_file(programs[index].start, programs[index].end, argv);
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
