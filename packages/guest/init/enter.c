/*
 * The way into a cgroup of version 1. A thread that moves itself by its number 0 in `tasks` spares the kernel the lock
 * that moving another process takes, and with it some milliseconds of waiting (cgroup_procs_write_start in
 * kernel/cgroup/cgroup.c); and bwrap, like all it starts, is then born inside.
 */
#define _GNU_SOURCE
#include "enter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_FAILED = 125, DESCRIPTOR_MAX = 65535 };

static _Noreturn void give_up(const char *stage) {
  fprintf(stderr, "caisson-init: %s: %s\n", stage, strerror(errno));
  _exit(EXIT_FAILED);
}

static void enter(long descriptor) {
  ssize_t written = write((int)descriptor, "0", 1);
  if (written != 1) give_up("entering the cgroup");
  if (close((int)descriptor) != 0) give_up("closing the cgroup");
}

_Noreturn void enter_and_become(char *const *argv) {
  const char *list = argv[0];
  while (*list != 0) {
    char *end = NULL;
    long descriptor = strtol(list, &end, 10);
    errno = EINVAL;
    if (end == list || descriptor < 3 || descriptor > DESCRIPTOR_MAX || (*end != 0 && *end != ',')) give_up("--enter");
    enter(descriptor);
    list = *end == ',' ? end + 1 : end;
  }
  execv(argv[1], argv + 1);
  give_up(argv[1]);
}
