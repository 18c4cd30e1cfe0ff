#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "setup-kernel.h"
#include "setup-steps.h"

enum { TMPFS_KIND = 0x01021994 };

bool path_is_within(const char *path, const char *folder) {
  size_t length = strlen(folder);
  while (length > 0 && folder[length - 1] == '/') length--;
  return strncmp(path, folder, length) == 0 && (path[length] == 0 || path[length] == '/');
}

/* The innermost mount of the policy that holds `path`, if any. */
static const struct setup_mount *holder(const struct setup *state, const char *path) {
  const struct setup_mount *found = NULL;
  for (size_t i = 0; i < state->mount_count; i++) {
    const struct setup_mount *mount = &state->mounts[i];
    if (!path_is_within(path, mount->target)) continue;
    if (!found || strlen(mount->target) >= strlen(found->target)) found = mount;
  }
  return found;
}

/* Nothing is ever made in a folder of the host: only in the sandbox's own tmpfs or in an upper layer. */
static bool may_make(const struct setup *state, int parent, const char *path) {
  const struct setup_mount *mount = holder(state, path);
  if (mount) return mount->access == ACCESS_OVERLAY;
  struct statfs kind;
  return fstatfs(parent, &kind) == 0 && kind.f_type == TMPFS_KIND;
}

static bool remember(struct setup *state, const char *path) {
  const struct setup_mount *mount = holder(state, path);
  if (!mount) return true;
  struct setup_made *grown = realloc(state->made, (state->made_count + 1) * sizeof *grown);
  if (!grown) return false;
  state->made = grown;
  grown[state->made_count].path = strdup(path);
  return grown[state->made_count++].path != NULL;
}

static bool make(struct setup_run *run, int parent, const char *path, bool is_file) {
  const char *name = strrchr(path, '/') + 1;
  if (!may_make(run->state, parent, path)) return errno = EROFS, false;
  if (!is_file) {
    if (mkdirat(parent, name, 0755) != 0 || fchmodat(parent, name, 0755, 0) != 0) return false;
    return remember(run->state, path);
  }
  int file = openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
  if (file < 0) return false;
  bool made = fchmod(file, 0644) == 0;
  close(file);
  return made && remember(run->state, path);
}

/* Opens one component, made when it is missing; closes `parent`. */
static int step(struct setup_run *run, int parent, const char *path, bool is_file) {
  const char *name = strrchr(path, '/') + 1;
  int next = kernel_open_path(parent, name);
  if (next < 0 && errno == ENOENT && make(run, parent, path, is_file)) next = kernel_open_path(parent, name);
  int failure = errno;
  close(parent);
  errno = failure;
  return next;
}

static bool is_plain(const char *path) {
  if (*path != '/' || strlen(path) >= 4096 || strstr(path, "//")) return false;
  if (strstr(path, "/./") || strstr(path, "/../")) return false;
  const char *last = strrchr(path, '/');
  return last[1] && strcmp(last, "/.") != 0 && strcmp(last, "/..") != 0;
}

int setup_mount_point(struct setup_run *run, const struct mount_order *order) {
  if (!is_plain(order->target)) return errno = EINVAL, -1;
  char path[4096];
  int at = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  for (const char *end = order->target; at >= 0 && *end;) {
    end = strchrnul(end + 1, '/');
    snprintf(path, sizeof path, "%.*s", (int)(end - order->target), order->target);
    at = step(run, at, path, *end == 0 && order->is_file);
  }
  return at;
}
