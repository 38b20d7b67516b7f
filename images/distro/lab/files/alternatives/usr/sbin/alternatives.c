// What AL2023's `alternatives` (chkconfig 1.15) does, as far as images and scriptlets use it, in its own record format:
//
//   auto | manual
//   LINK of the name, then NAME and LINK of each slave, a line each; an empty line
//   of each choice: its PATH, its priority, and the path of each slave, empty where it has none
//
// LINK leads to /etc/alternatives/NAME, and that to the choice's path. It is not Debian's: a slave may be a name of its
// own, too; a choice takes away the links of slaves that it lacks; and whether a path exists, nobody asks.
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINKS "/etc/alternatives"
#define RECORDS "/var/lib/alternatives"

enum { FAILED = 2, MOST = 64, NONE = -1 };

struct slave { char *name, *link; };
struct choice { char *path; int priority; char *slaves[MOST]; };
struct record {
  const char *name;
  bool is_auto;
  char *link;
  int slave_count, choice_count, best, current;
  struct slave slaves[MOST];
  struct choice choices[MOST];
  /** What LINKS/NAME says, a choice's path or not. */
  char *now;
};

static int status;

/** Goes on after it: one link that cannot be made keeps no other from being made. */
static void complain(const char *format, ...) {
  va_list values;
  va_start(values, format);
  vfprintf(stderr, format, values);
  va_end(values);
  fputc('\n', stderr);
  status = FAILED;
}

#define fail(...) (complain(__VA_ARGS__), exit(FAILED))

static void usage(int code) {
  puts("usage: alternatives --install <link> <name> <path> <priority> [--slave <link> <name> <path>]*\n"
       "       alternatives --remove <name> <path>\n"
       "       alternatives --remove-all <name>\n"
       "       alternatives --auto <name>\n"
       "       alternatives --set <name> <path>\n"
       "       alternatives --display <name>\n"
       "       alternatives --list");
  exit(code);
}

static char *in(const char *folder, const char *name) {
  char *path;
  if (asprintf(&path, "%s/%s", folder, name) < 0) fail("%s", strerror(errno));
  return path;
}

/** What a link says; NULL for what is none. */
static char *read_link(const char *path) {
  char text[4096];
  ssize_t length = readlink(path, text, sizeof text - 1);
  return length < 0 ? NULL : strndup(text, length);
}

static int room(int count, const char *name) {
  if (count == MOST) fail("%s has more than %d slaves or choices", name, MOST);
  return count;
}

// ---- the record ----

/** The next line, NULL at the end of the file. */
static char *line(FILE *file) {
  char *text = NULL;
  size_t size = 0;
  ssize_t length = getline(&text, &size, file);
  if (length < 0) return NULL;
  if (length > 0 && text[length - 1] == '\n') text[length - 1] = '\0';
  return text;
}

static char *path_or_fail(FILE *file, const char *record) {
  char *text = line(file);
  if (!text || *text != '/') fail("a path is expected in %s, not: %s", record, text ? text : "its end");
  return text;
}

static int find(const struct record *record, const char *path) {
  for (int i = 0; i < record->choice_count; i++)
    if (!strcmp(record->choices[i].path, path)) return i;
  return NONE;
}

static void rank(struct record *record) {
  record->best = 0;
  for (int i = 1; i < record->choice_count; i++)
    if (record->choices[i].priority > record->choices[record->best].priority) record->best = i;
}

/** A link that was changed by other means is a choice by hand. */
static void look(struct record *record) {
  record->now = read_link(in(LINKS, record->name));
  record->current = record->now ? find(record, record->now) : NONE;
  if (record->now && record->current != record->best) record->is_auto = false;
}

/** False where there is no record. */
static bool load(struct record *record, const char *name) {
  memset(record, 0, sizeof *record);
  record->name = name;
  record->is_auto = true;
  record->current = NONE;
  char *path = in(RECORDS, name), *text;
  FILE *file = fopen(path, "r");
  if (!file && errno == ENOENT) return false;
  if (!file) fail("failed to open %s: %s", path, strerror(errno));
  if (!(text = line(file))) fail("%s is empty", path);
  record->is_auto = !strcmp(text, "auto");
  if (!record->is_auto && strcmp(text, "manual")) fail("bad mode on line 1 of %s", path);
  record->link = path_or_fail(file, path);
  while ((text = line(file)) && *text) {
    struct slave *slave = &record->slaves[room(record->slave_count++, name)];
    slave->name = text;
    slave->link = path_or_fail(file, path);
  }
  while ((text = line(file)) && *text) {
    struct choice *choice = &record->choices[room(record->choice_count++, name)];
    choice->path = text;
    if (!(text = line(file))) fail("a priority is expected in %s", path);
    choice->priority = atoi(text);
    for (int i = 0; i < record->slave_count; i++)
      if ((text = line(file)) && *text) choice->slaves[i] = text;
  }
  fclose(file);
  if (record->choice_count == 0) fail("%s has no choice", path);
  rank(record);
  look(record);
  return true;
}

static void load_or_fail(struct record *record, const char *name) {
  if (!load(record, name)) exit(FAILED);
  if (!record->now) fail("failed to read link %s: %s", in(LINKS, name), strerror(errno));
}

static void store(const struct record *record) {
  char *path = in(RECORDS, record->name), *fresh = NULL;
  if (asprintf(&fresh, "%s.new", path) < 0) fail("%s", strerror(errno));
  FILE *file = fopen(fresh, "wx");
  if (!file) fail("failed to create %s: %s", fresh, strerror(errno));
  fprintf(file, "%s\n%s\n", record->is_auto ? "auto" : "manual", record->link);
  for (int i = 0; i < record->slave_count; i++)
    fprintf(file, "%s\n%s\n", record->slaves[i].name, record->slaves[i].link);
  fputc('\n', file);
  for (const struct choice *choice = record->choices; choice < record->choices + record->choice_count; choice++) {
    fprintf(file, "%s\n%d\n", choice->path, choice->priority);
    for (int i = 0; i < record->slave_count; i++)
      fprintf(file, "%s\n", choice->slaves[i] ? choice->slaves[i] : "");
  }
  if (fclose(file) || rename(fresh, path)) fail("failed to replace %s: %s", path, strerror(errno));
}

// ---- the links ----

static bool make_link(const char *path, const char *target) {
  char *there = read_link(path);
  if (there && !strcmp(there, target)) return true;
  if (there) unlink(path);
  if (!symlink(target, path)) return true;
  complain("failed to link %s -> %s: %s", path, target, strerror(errno));
  return false;
}

static void make_links(const char *link, const char *name, const char *target) {
  char *middle = in(LINKS, name);
  struct stat found;
  // No failure, to it.
  if (!lstat(link, &found) && !S_ISLNK(found.st_mode))
    fprintf(stderr, "failed to link %s -> %s: %s exists and it is not a symlink\n", link, middle, link);
  else if (!make_link(link, middle))
    return;
  make_link(middle, target);
}

static void remove_links(const char *link, const char *name) {
  char *both[] = {in(LINKS, name), strdup(link)};
  for (int i = 0; i < 2; i++)
    if (read_link(both[i]) && unlink(both[i])) complain("failed to remove link %s: %s", both[i], strerror(errno));
}

/** Writes the record; the links follow it where it is automatic, or `now`. */
static void settle(struct record *record, bool now) {
  store(record);
  if (record->is_auto) record->current = record->best;
  if (!now && !record->is_auto) return;
  const struct choice *choice = &record->choices[record->current < 0 ? 0 : record->current];
  make_links(record->link, record->name, choice->path);
  for (int i = 0; i < record->slave_count; i++) {
    if (choice->slaves[i]) make_links(record->slaves[i].link, record->slaves[i].name, choice->slaves[i]);
    else remove_links(record->slaves[i].link, record->slaves[i].name);
  }
}

// ---- the verbs ----

static int by_link(const void *a, const void *b) {
  return strcmp(((const struct slave *)a)->link, ((const struct slave *)b)->link);
}

/** The path that a choice, whose slaves are listed like `own`, has for a slave. */
static char *path_for(const struct slave *slave, const struct slave *own, int count, const struct choice *choice) {
  for (int i = 0; i < count; i++) {
    if (strcmp(own[i].name, slave->name)) continue;
    if (strcmp(own[i].link, slave->link))
      fail("link %s incorrect for slave %s (%s %s)", own[i].link, own[i].name, slave->link, slave->name);
    return choice->slaves[i];
  }
  return NULL;
}

/** Adds a choice to a record that has some, or puts it in the place of the one with its path. */
static void merge(struct record *record, const struct slave *own, int count, const struct choice *fresh) {
  struct record old = *record;
  int place = find(record, fresh->path);
  bool known = place != NONE;
  if (!known) place = room(record->choice_count++, record->name);
  for (int i = 0; i < count; i++) {
    int j = 0;
    while (j < record->slave_count && strcmp(own[i].link, record->slaves[j].link)) j++;
    if (j == record->slave_count) record->slaves[room(record->slave_count++, record->name)] = own[i];
  }
  qsort(record->slaves, record->slave_count, sizeof *own, by_link);
  for (int i = 0; i < record->slave_count; i++) {
    bool wanted = false;
    for (int j = 0; j < record->choice_count; j++) {
      const struct slave *slave = &record->slaves[i];
      record->choices[j].slaves[i] = j == place ? path_for(slave, own, count, fresh)
                                                : path_for(slave, old.slaves, old.slave_count, &old.choices[j]);
      wanted |= record->choices[j].slaves[i] != NULL;
    }
    if (wanted || !known) continue;
    remove_links(record->slaves[i].link, record->slaves[i].name);
    memmove(record->slaves + i, record->slaves + i + 1, (--record->slave_count - i) * sizeof *own);
    i--;
  }
  record->choices[place].path = fresh->path;
  record->choices[place].priority = fresh->priority;
  if (!known && fresh->priority > record->choices[record->best].priority) record->best = place;
}

static void read_set(char **words, struct slave *slave, char **path) {
  for (int i = 0; i < 3; i++)
    if (!words[i] || (*words[i] == '/') != (i != 1)) usage(FAILED);
  *slave = (struct slave){.name = words[1], .link = words[0]};
  *path = words[2];
}

static void add(char **words) {
  struct slave master, own[MOST];
  struct choice fresh = {0};
  int count = 0;
  char *end = NULL;
  read_set(words, &master, &fresh.path);
  if (words[3]) fresh.priority = strtol(words[3], &end, 0);
  if (!end || *end) usage(FAILED);
  for (words += 4; *words; words += 4, count++) {
    if (strcmp(*words, "--slave")) usage(FAILED);
    read_set(words + 1, &own[room(count, master.name)], &fresh.slaves[count]);
  }
  static struct record record;
  if (!load(&record, master.name)) {
    record.link = master.link;
    record.slave_count = count;
    memcpy(record.slaves, own, count * sizeof *own);
    record.choices[record.choice_count++] = fresh;
    settle(&record, false);
    return;
  }
  if (strcmp(record.link, master.link)) fail("the primary link for %s must be %s", master.name, record.link);
  bool known = find(&record, fresh.path) != NONE;
  merge(&record, own, count, &fresh);
  settle(&record, known);
}

static int choice_or_fail(const struct record *record, const char *path) {
  int choice = find(record, path);
  if (choice == NONE) fail("%s has not been configured as an alternative for %s", path, record->name);
  return choice;
}

static void delete(struct record *record, const char *path) {
  int choice = choice_or_fail(record, path), last = record->choice_count - 1;
  if (last == 0) {
    remove_links(record->link, record->name);
    for (int i = 0; i < record->slave_count; i++) remove_links(record->slaves[i].link, record->slaves[i].name);
    if (unlink(in(RECORDS, record->name))) fail("failed to remove %s", in(RECORDS, record->name));
    return;
  }
  bool was_current = record->current == choice || record->current == NONE;
  record->choices[choice] = record->choices[last];
  if (record->current == last) record->current = choice;
  record->choice_count = last;
  rank(record);
  if (was_current) record->is_auto = true;
  settle(record, false);
}

static void display(const struct record *record) {
  printf("%s - status is %s.\n link currently points to %s\n", record->name, record->is_auto ? "auto" : "manual", record->now);
  for (const struct choice *choice = record->choices; choice < record->choices + record->choice_count; choice++) {
    printf("%s - priority %d\n", choice->path, choice->priority);
    for (int i = 0; i < record->slave_count; i++)
      printf(" slave %s: %s\n", record->slaves[i].name, choice->slaves[i] ? choice->slaves[i] : "(null)");
  }
  printf("Current `best' version is %s.\n", record->choices[record->best].path);
}

static int visible(const struct dirent *entry) { return *entry->d_name != '.'; }

static void list(void) {
  struct dirent **entries;
  int count = scandir(RECORDS, &entries, visible, alphasort), width = 0;
  static struct record record;
  for (int i = 0; i < count; i++)
    if ((int)strlen(entries[i]->d_name) > width) width = strlen(entries[i]->d_name);
  for (int i = 0; i < count; i++) {
    load_or_fail(&record, entries[i]->d_name);
    printf("%-*s\t%s\t%s\n", width, record.name, record.is_auto ? "auto  " : "manual", record.now);
  }
}

int main(int argc, char **argv) {
  static struct record record;
  const char *verb = argc > 1 ? argv[1] : "";
  if (!strcmp(verb, "--help")) usage(0);
  if (argc < 2) usage(FAILED);
  const char *folders[] = {LINKS, RECORDS};
  for (int i = 0; i < 2; i++) {
    struct stat found;
    if (stat(folders[i], &found) || !S_ISDIR(found.st_mode)) fail("%s %s invalid", i ? "admindir" : "altdir", folders[i]);
  }
  if (!strcmp(verb, "--install")) {
    add(argv + 2);
    return status;
  }
  if (!strcmp(verb, "--list") && argc == 2) {
    list();
    return 0;
  }
  bool takes_path = !strcmp(verb, "--set") || !strcmp(verb, "--remove");
  if (argc != (takes_path ? 4 : 3) || *argv[2] == '/') usage(FAILED);
  load_or_fail(&record, argv[2]);
  if (!strcmp(verb, "--set")) {
    record.current = choice_or_fail(&record, argv[3]);
    record.is_auto = false;
    settle(&record, true);
  } else if (!strcmp(verb, "--auto")) {
    record.is_auto = true;
    settle(&record, false);
  } else if (!strcmp(verb, "--remove")) {
    delete(&record, argv[3]);
  } else if (!strcmp(verb, "--remove-all")) {
    do delete(&record, record.choices[0].path);
    while (load(&record, argv[2]));
  } else if (!strcmp(verb, "--display")) {
    display(&record);
  } else {
    usage(FAILED);
  }
  return status;
}
