#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "setup-steps.h"

static bool write_text(struct setup_run *run, const char *path, const char *text) {
  int file = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
  if (file < 0) return setup_fail(run, path);
  ssize_t written = write(file, text, strlen(text));
  int failure = written < 0 ? errno : EIO;
  close(file);
  return written == (ssize_t)strlen(text) ? true : setup_fail_with(run, failure, path);
}

static bool write_map(struct setup_run *run, const char *path, const unsigned long ids[2]) {
  char line[64];
  snprintf(line, sizeof line, "%lu %lu 1\n", ids[0], ids[1]);
  return write_text(run, path, line);
}

/* By descriptor: its path may have become read-only, this mount below it has not. */
static bool limit_namespaces(struct setup_run *run) {
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", run->namespace_limit);
  int file = open(path, O_WRONLY | O_CLOEXEC);
  bool written = file >= 0 && write(file, "1\n", 2) == 2;
  int failure = errno;
  if (file >= 0) close(file);
  close(run->namespace_limit);
  return written ? true : setup_fail_with(run, failure, "max_user_namespaces");
}

/*
 * The limit counts what is made below the outer namespace, by anyone: the one made next uses it up, so that nobody
 * inside can make another and be privileged in it.
 */
bool setup_identity(struct setup_run *run, uint32_t uid, uint32_t gid) {
  unsigned long user[2] = {uid, geteuid()}, group[2] = {gid, getegid()};
  /* Where the outer namespace allows it: groups of the host's user would otherwise stay. */
  if (setgroups(0, NULL) != 0 && errno != EPERM) return setup_fail(run, "groups");
  if (!limit_namespaces(run)) return false;
  if (unshare(CLONE_NEWUSER) != 0) return setup_fail(run, "unshare");
  if (!write_text(run, "/proc/self/setgroups", "deny")) return false;
  if (!write_map(run, "/proc/self/uid_map", user)) return false;
  return write_map(run, "/proc/self/gid_map", group);
}
