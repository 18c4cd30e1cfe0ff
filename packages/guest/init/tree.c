/* A look at /proc: who descends from whom, and who stands still. */
#define _GNU_SOURCE
#include "tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DEPTH_MAX = 65536, CLIMBS_MAX = 3 };

/* The name in parentheses may hold anything, so the fields are counted from the last parenthesis. */
static bool parse_stat(const char *path, struct tree_process *process) {
  char text[512];
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  ssize_t got = read(fd, text, sizeof text - 1);
  close(fd);
  if (got <= 0) return false;
  text[got] = 0;
  const char *rest = strrchr(text, ')');
  int parent = 0;
  int group = 0;
  if (rest == NULL || sscanf(rest + 1, " %c %d %d", &process->state, &parent, &group) != 3) return false;
  process->parent = parent;
  process->group = group;
  return true;
}

static pid_t number_of(const char *name) {
  char *end = NULL;
  if (name[0] < '1' || name[0] > '9') return 0;
  long value = strtol(name, &end, 10);
  return *end == 0 ? (pid_t)value : 0;
}

static bool read_process(pid_t pid, struct tree_process *process) {
  char path[48];
  snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
  *process = (struct tree_process){.pid = pid};
  return parse_stat(path, process);
}

static bool add(struct tree *tree, size_t *capacity, const struct tree_process *process) {
  if (tree->count == *capacity) {
    size_t wanted = *capacity == 0 ? 64 : *capacity * 2;
    struct tree_process *items = realloc(tree->items, wanted * sizeof *items);
    if (items == NULL) return false;
    tree->items = items;
    *capacity = wanted;
  }
  tree->items[tree->count++] = *process;
  return true;
}

static int by_pid(const void *left, const void *right) {
  pid_t a = ((const struct tree_process *)left)->pid;
  pid_t b = ((const struct tree_process *)right)->pid;
  return a < b ? -1 : a > b;
}

bool tree_read(struct tree *tree) {
  *tree = (struct tree){0};
  DIR *folder = opendir("/proc");
  if (folder == NULL) return false;
  size_t capacity = 0;
  bool complete = true;
  const struct dirent *entry = NULL;
  while (complete && (entry = readdir(folder)) != NULL) {
    struct tree_process process;
    pid_t pid = number_of(entry->d_name);
    if (pid > 0 && read_process(pid, &process)) complete = add(tree, &capacity, &process);
  }
  closedir(folder);
  if (!complete) tree_free(tree);
  if (complete && tree->count > 1) qsort(tree->items, tree->count, sizeof *tree->items, by_pid);
  return complete;
}

void tree_free(struct tree *tree) {
  free(tree->items);
  *tree = (struct tree){0};
}

const struct tree_process *tree_find(const struct tree *tree, pid_t pid) {
  struct tree_process key = {.pid = pid};
  if (tree->count == 0) return NULL;
  return bsearch(&key, tree->items, tree->count, sizeof key, by_pid);
}

pid_t tree_branch(const struct tree *tree, pid_t pid, pid_t root) {
  const struct tree_process *process = tree_find(tree, pid);
  /* Reuse of a pid while /proc was read could close a circle, so the way up is bounded. */
  for (int depth = 0; process != NULL && depth < DEPTH_MAX; depth++) {
    if (process->parent == root) return process->pid;
    process = tree_find(tree, process->parent);
  }
  return 0;
}

pid_t tree_climb(pid_t pid, pid_t root) {
  struct tree_process process;
  /* Who loses an ancestor on the way has another one already. */
  for (int climb = 0; climb < CLIMBS_MAX; climb++) {
    pid_t at = pid;
    for (int depth = 0; at > 0 && depth < DEPTH_MAX && read_process(at, &process); depth++) {
      if (process.parent == root) return at;
      at = process.parent;
    }
  }
  return 0;
}

bool tree_is_dead(const struct tree_process *process) {
  return process->state == 'Z' || process->state == 'X' || process->state == 'x';
}

bool tree_is_stopped(pid_t pid) {
  char path[80];
  snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
  DIR *folder = opendir(path);
  if (folder == NULL) return errno == ENOENT || errno == ESRCH;
  bool stopped = true;
  const struct dirent *entry = NULL;
  while (stopped && (entry = readdir(folder)) != NULL) {
    struct tree_process thread = {.pid = number_of(entry->d_name)};
    snprintf(path, sizeof path, "/proc/%d/task/%d/stat", (int)pid, (int)thread.pid);
    if (thread.pid > 0 && parse_stat(path, &thread)) stopped = strchr("TtZXx", thread.state) != NULL;
  }
  closedir(folder);
  return stopped;
}
