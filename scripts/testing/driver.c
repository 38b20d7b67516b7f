// Runs steps inside a container, one after the other, and ends with the first that is not as it should be. Images have
// no shell that could. The arguments are steps, each a verb and its words, separated by ";;" (see steps.ts).
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TRIES = 200, PAUSE = 50000, MOST_SPAWNED = 8 };
static pid_t spawned[MOST_SPAWNED];
static int spawned_count;

static void fail(char **step, const char *why, int number) {
  fflush(stdout);
  fprintf(stderr, "step \"");
  for (char **word = step; *word; word++) fprintf(stderr, "%s%s", word == step ? "" : " ", *word);
  fprintf(stderr, number < 0 ? "\": %s\n" : "\": %s %d\n", why, number);
}

static pid_t start(char **argv, const char *input) {
  pid_t child = fork();
  if (child) return child;
  int stdin_fd = open(input, O_RDONLY);
  if (stdin_fd < 0 || dup2(stdin_fd, 0) < 0) perror(input), _exit(126);
  execvp(argv[0], argv);
  perror(argv[0]);
  _exit(127);
}

/** exit EXPECTED INPUT PROGRAM... */
static int run(char **step) {
  int status, expected = atoi(step[1]);
  pid_t child = start(step + 3, step[2]);
  while (waitpid(child, &status, 0) < 0 && errno == EINTR);
  int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  if (code == expected) return 0;
  fail(step + 3, "exit code", code);
  return 1;
}

/** spawn PROGRAM... */
static int spawn(char **step) {
  if (spawned_count == MOST_SPAWNED) return fail(step, "too many of these", -1), 1;
  spawned[spawned_count++] = start(step + 1, "/dev/null");
  return 0;
}

/** ready PATH */
static int ready(char **step) {
  struct stat found;
  for (int try = 0; try < TRIES; try++, usleep(PAUSE))
    if (stat(step[1], &found) == 0) return 0;
  fail(step, "nothing is there", -1);
  return 1;
}

/** get PORT PATH: prints the whole answer */
static int get(char **step) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(step[1]))};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  for (int try = 0; try < TRIES; try++, usleep(PAUSE)) {
    int server = socket(AF_INET, SOCK_STREAM, 0);
    char text[65536];
    if (connect(server, (struct sockaddr *)&address, sizeof address) < 0) {
      close(server);
      continue;
    }
    int length = snprintf(text, sizeof text, "GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n", step[2]);
    if (write(server, text, length) != length) return fail(step, "cannot send", -1), 1;
    for (ssize_t count; (count = read(server, text, sizeof text)) > 0;) fwrite(text, 1, count, stdout);
    fflush(stdout);
    close(server);
    return 0;
  }
  fail(step, "nobody listens", -1);
  return 1;
}

static int perform(char **step) {
  if (!strcmp(step[0], "exit")) return run(step);
  if (!strcmp(step[0], "spawn")) return spawn(step);
  if (!strcmp(step[0], "ready")) return ready(step);
  if (!strcmp(step[0], "get")) return get(step);
  fail(step, "no such step", -1);
  return 1;
}

static void end_spawned(void) {
  for (int i = 0; i < spawned_count; i++) kill(spawned[i], SIGTERM);
  for (int i = 0; i < spawned_count; i++) {
    int try = 0;
    while (try++ < TRIES && waitpid(spawned[i], NULL, WNOHANG) == 0) usleep(PAUSE);
    if (try > TRIES) kill(spawned[i], SIGKILL);
  }
}

int main(int argc, char **argv) {
  int failed = 0;
  for (int at = 1; at < argc && !failed;) {
    char **step = argv + at;
    while (at < argc && strcmp(argv[at], ";;")) at++;
    argv[at++] = NULL;
    failed = perform(step);
  }
  end_spawned();
  return failed;
}
