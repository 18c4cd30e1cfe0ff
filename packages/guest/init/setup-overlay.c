#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "setup-kernel.h"
#include "setup-steps.h"

/* One inode for every 4 KiB: a tree of small files fits, and inodes cannot take the memory that bytes may not. */
static bool mount_layer(const struct mount_order *order) {
  char options[128];
  unsigned long long bytes = order->upper_bytes;
  snprintf(options, sizeof options, "size=%llu,nr_inodes=%llu,mode=0700", bytes, bytes / 4096 + 1024);
  return mount("tmpfs", order->staged, "tmpfs", MS_NOSUID | MS_NODEV, options) == 0;
}

/* The merged root shows the mode of the upper one. */
static bool make_layers(int base, int lower) {
  struct stat root;
  if (fstat(lower, &root) != 0) return false;
  if (mkdirat(base, "upper", 0700) != 0 || mkdirat(base, "work", 0700) != 0) return false;
  return fchmodat(base, "upper", root.st_mode & 07777, 0) == 0;
}

static bool mount_merged(int base, int lower, int onto) {
  char options[256], target[64];
  snprintf(options, sizeof options, "lowerdir=/proc/self/fd/%d,upperdir=/proc/self/fd/%d/upper,workdir=/proc/self/fd/%d/work,userxattr",
           lower, base, base);
  snprintf(target, sizeof target, "/proc/self/fd/%d", onto);
  return mount("overlay", target, "overlay", MS_NOSUID | MS_NODEV, options) == 0;
}

static bool record(struct setup_run *run, const struct mount_order *order, struct setup_overlay found) {
  struct setup *state = run->state;
  if (state->overlay_count >= SETUP_OVERLAYS_MAX) return errno = ENOSPC, false;
  found.index = order->index;
  found.target = strdup(order->target);
  if (!found.target || found.upper < 0 || found.lower < 0) return false;
  state->overlays[state->overlay_count++] = found;
  return true;
}

/* The staged bind itself serves as lower layer: overlayfs wants a mount that is attached. What is kept is a clone. */
static int open_lower_clone(int staged) {
  int tree = kernel_clone_tree(staged, KERNEL_ATTR_RDONLY | KERNEL_ATTR_NOSUID | KERNEL_ATTR_NODEV);
  if (tree < 0) return errno == ENOSYS ? openat(staged, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
  int folder = openat(tree, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int failure = errno;
  close(tree);
  errno = failure;
  return folder;
}

static bool build(struct setup_run *run, const struct mount_order *order, const int descriptors[2]) {
  int staged = descriptors[0], onto = descriptors[1];
  if (!mount_layer(order)) return false;
  int base = kernel_open_path(AT_FDCWD, order->staged);
  if (base < 0) return false;
  bool made = make_layers(base, staged) && mount_merged(base, staged, onto);
  struct setup_overlay found = {.upper = -1, .lower = -1};
  if (made) {
    found.upper = openat(base, "upper", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    found.lower = open_lower_clone(staged);
    made = record(run, order, found);
  }
  int failure = errno;
  close(base);
  errno = failure;
  return made;
}

bool setup_overlay(struct setup_run *run, const struct mount_order *order, int onto) {
  int staged = kernel_open_path(AT_FDCWD, order->staged);
  if (staged < 0) return setup_fail(run, order->staged);
  bool built = build(run, order, (const int[2]){staged, onto});
  int failure = errno;
  close(staged);
  return built ? true : setup_fail_with(run, failure, order->target);
}

const struct setup_overlay *setup_overlay_find(const struct setup *state, uint32_t index) {
  for (size_t i = 0; i < state->overlay_count; i++)
    if (state->overlays[i].index == index) return &state->overlays[i];
  return NULL;
}
