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

struct limit {
  const char *name;
  const char *value;
};

/*
 * Counted for the outer namespace, by anyone below it. Instances of inotify(7) are counted for the host's user as well, who
 * has 128 by default: a sandbox that took them all would leave none to its user's programs, nor to the sentinel of
 * another sandbox.
 */
static const struct limit namespace_limits[] = {
    {"max_user_namespaces", "1\n"},
    {"max_inotify_instances", "24\n"},
};

/* By descriptor: the path of the folder may have become read-only, this mount below it has not. */
static bool write_limit(struct setup_run *run, const struct limit *limit) {
  ssize_t length = (ssize_t)strlen(limit->value);
  int file = openat(run->namespace_limits, limit->name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
  bool written = file >= 0 && write(file, limit->value, (size_t)length) == length;
  int failure = errno;
  if (file >= 0) close(file);
  return written ? true : setup_fail_with(run, failure, limit->name);
}

static bool limit_namespaces(struct setup_run *run) {
  bool done = true;
  for (size_t i = 0; done && i < sizeof namespace_limits / sizeof *namespace_limits; i++)
    done = write_limit(run, &namespace_limits[i]);
  close(run->namespace_limits);
  return done;
}

/*
 * The namespace that is made next uses up what the outer one may hold, so that nobody
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
