#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "setup-kernel.h"
#include "setup-steps.h"
#include "setup-table.h"

/* A socket or device put in the place of a file, since the host looked, is not what the policy names. */
static bool is_of_kind(const struct mount_order *order, int staged) {
  struct stat found;
  if (fstat(staged, &found) != 0) return false;
  errno = EINVAL;
  return order->is_file ? S_ISREG(found.st_mode) : S_ISDIR(found.st_mode);
}

static bool bind_plain(struct setup_run *run, const struct mount_order *order, int onto) {
  uint64_t attributes = KERNEL_ATTR_NOSUID | KERNEL_ATTR_NODEV;
  if (order->access == ACCESS_READ) attributes |= KERNEL_ATTR_RDONLY;
  int staged = kernel_open_path(AT_FDCWD, order->staged);
  if (staged < 0) return setup_fail(run, order->staged);
  bool bound = is_of_kind(order, staged) && kernel_bind(staged, onto, attributes) == 0;
  int failure = errno;
  close(staged);
  return bound ? true : setup_fail_with(run, failure, order->target);
}

static bool remember(struct setup_run *run, const struct mount_order *order) {
  struct setup *state = run->state;
  struct setup_mount *grown = realloc(state->mounts, (state->mount_count + 1) * sizeof *grown);
  if (!grown) return setup_fail_with(run, ENOMEM, order->target);
  state->mounts = grown;
  grown[state->mount_count] =
      (struct setup_mount){.index = order->index, .access = order->access, .target = strdup(order->target)};
  return grown[state->mount_count++].target ? true : setup_fail_with(run, ENOMEM, order->target);
}

bool setup_mount(struct setup_run *run, size_t at) {
  const struct mount_order *order = &run->orders[at];
  int onto = setup_mount_point(run, order);
  if (onto < 0) return setup_fail(run, order->target);
  bool mounted = order->access == ACCESS_OVERLAY ? setup_overlay(run, order, onto) : bind_plain(run, order, onto);
  close(onto);
  mounted = mounted && remember(run, order) && setup_rules(run, at);
  /* The staged bind, and what was put over it to make layers and covers from. */
  while (mounted && umount2(order->staged, MNT_DETACH | UMOUNT_NOFOLLOW) == 0) continue;
  return mounted;
}

/* Newest first; each detach takes along what is mounted below it, so later names may be gone. */
static bool detach_all(const struct mount_table *table, size_t *detached) {
  for (size_t i = table->count; i > 0; i--)
    if (umount2(table->paths[i - 1], MNT_DETACH | UMOUNT_NOFOLLOW) == 0) ++*detached;
    else if (errno != EINVAL && errno != ENOENT) return false;
  return true;
}

bool setup_hide(struct setup_run *run, const char *path) {
  enum { ROUNDS_MAX = 64 };
  for (int round = 0; round < ROUNDS_MAX; round++) {
    struct mount_table table;
    if (!mount_table_read(path, &table)) return setup_fail(run, path);
    size_t left = table.count, detached = 0;
    bool done = left == 0 || detach_all(&table, &detached);
    int failure = errno;
    mount_table_free(&table);
    if (left == 0) return true;
    if (!done || detached == 0) return setup_fail_with(run, done ? EBUSY : failure, path);
  }
  return setup_fail_with(run, EBUSY, path);
}

bool setup_read_only(struct setup_run *run, const char *path) {
  int found = kernel_open_path(AT_FDCWD, path);
  if (found < 0) return setup_fail(run, path);
  bool done = kernel_mount_attributes(found, KERNEL_ATTR_RDONLY, false) == 0;
  if (!done && errno == EINVAL) done = kernel_bind(found, found, KERNEL_ATTR_RDONLY) == 0;
  else if (!done && errno == ENOSYS) done = kernel_remount_read_only(path) || kernel_bind(found, found, KERNEL_ATTR_RDONLY) == 0;
  int failure = errno;
  close(found);
  return done ? true : setup_fail_with(run, failure, path);
}
