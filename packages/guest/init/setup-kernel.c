#define _GNU_SOURCE
#include "setup-kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "setup-table.h"

/* Numbers from 424 on are the same on every architecture. */
enum {
  NUMBER_OPEN_TREE = 428,
  NUMBER_MOVE_MOUNT = 429,
  NUMBER_CLOSE_RANGE = 436,
  NUMBER_OPENAT2 = 437,
  NUMBER_MOUNT_SETATTR = 442,
};

enum { MOVE_FROM_EMPTY = 4, MOVE_TO_EMPTY = 0x40 };

struct mount_attributes {
  uint64_t set;
  uint64_t clear;
  uint64_t propagation;
  uint64_t user_namespace;
};

struct capability_header {
  uint32_t version;
  int pid;
};

struct capability_data {
  uint32_t effective;
  uint32_t permitted;
  uint32_t inheritable;
};

enum { CAPABILITY_VERSION_3 = 0x20080522, CAPABILITIES_MAX = 64 };

int kernel_openat2(int base, const char *path, const struct kernel_open *how) {
  return (int)syscall(NUMBER_OPENAT2, base, path, how, sizeof *how);
}

int kernel_mount_attributes(int descriptor, uint64_t attributes, bool recursive) {
  struct mount_attributes change = {.set = attributes};
  unsigned flags = KERNEL_EMPTY_PATH | (recursive ? KERNEL_RECURSIVE : 0);
  return (int)syscall(NUMBER_MOUNT_SETATTR, descriptor, "", flags, &change, sizeof change);
}

int kernel_clone_tree(int descriptor, uint64_t attributes) {
  unsigned flags = KERNEL_TREE_CLONE | O_CLOEXEC | KERNEL_EMPTY_PATH | KERNEL_RECURSIVE | KERNEL_NO_AUTOMOUNT;
  int tree = (int)syscall(NUMBER_OPEN_TREE, descriptor, "", flags);
  if (tree < 0 || attributes == 0) return tree;
  if (kernel_mount_attributes(tree, attributes, true) == 0) return tree;
  int failure = errno;
  close(tree);
  errno = failure;
  return -1;
}

int kernel_move_tree(int tree, int onto) {
  return (int)syscall(NUMBER_MOVE_MOUNT, tree, "", onto, "", MOVE_FROM_EMPTY | MOVE_TO_EMPTY);
}

/* A remount in a user namespace may not clear what the source had. */
static unsigned long flags_kept(const char *path) {
  static const struct {
    unsigned long shown, flag;
  } table[] = {{ST_RDONLY, MS_RDONLY},   {ST_NOSUID, MS_NOSUID},   {ST_NODEV, MS_NODEV},
               {ST_NOEXEC, MS_NOEXEC},   {ST_NOATIME, MS_NOATIME}, {ST_NODIRATIME, MS_NODIRATIME},
               {ST_RELATIME, MS_RELATIME}};
  struct statvfs now;
  if (statvfs(path, &now) != 0) return 0;
  unsigned long flags = 0;
  for (size_t i = 0; i < sizeof table / sizeof *table; i++)
    if (now.f_flag & table[i].shown) flags |= table[i].flag;
  return flags;
}

bool kernel_remount_read_only(const char *path) {
  return mount(NULL, path, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | flags_kept(path), NULL) == 0;
}

static bool remount_all(const char *named, uint64_t attributes) {
  struct mount_table table;
  if (!mount_table_read(named, &table)) return false;
  unsigned long more = MS_REMOUNT | MS_BIND;
  if (attributes & KERNEL_ATTR_RDONLY) more |= MS_RDONLY;
  if (attributes & KERNEL_ATTR_NOSUID) more |= MS_NOSUID;
  if (attributes & KERNEL_ATTR_NODEV) more |= MS_NODEV;
  if (attributes & KERNEL_ATTR_NOEXEC) more |= MS_NOEXEC;
  bool done = true;
  for (size_t i = 0; i < table.count && done; i++)
    done = mount(NULL, table.paths[i], NULL, more | flags_kept(table.paths[i]), NULL) == 0;
  mount_table_free(&table);
  return done;
}

static int bind_by_mount(int from, int onto, uint64_t attributes) {
  char source[64], target[64], named[4096];
  struct stat kind;
  /* A remount names its mount by path, and a path would follow the link. */
  if (fstat(onto, &kind) != 0 || S_ISLNK(kind.st_mode)) return errno = EOPNOTSUPP, -1;
  snprintf(source, sizeof source, "/proc/self/fd/%d", from);
  snprintf(target, sizeof target, "/proc/self/fd/%d", onto);
  ssize_t length = readlink(target, named, sizeof named - 1);
  if (length < 0 || length == (ssize_t)sizeof named - 1) return errno = ENAMETOOLONG, -1;
  named[length] = 0;
  if (mount(source, target, NULL, MS_BIND | MS_REC, NULL) != 0) return -1;
  if (attributes == 0 || remount_all(named, attributes)) return 0;
  int failure = errno;
  umount2(named, MNT_DETACH | UMOUNT_NOFOLLOW);
  errno = failure;
  return -1;
}

int kernel_bind(int from, int onto, uint64_t attributes) {
  int tree = kernel_clone_tree(from, attributes);
  if (tree < 0) return errno == ENOSYS ? bind_by_mount(from, onto, attributes) : -1;
  int result = kernel_move_tree(tree, onto);
  int failure = errno;
  close(tree);
  errno = failure;
  return result;
}

int kernel_close_range(unsigned first, unsigned last) {
  if (first > last) return 0;
  if (syscall(NUMBER_CLOSE_RANGE, first, last, 0) == 0) return 0;
  struct rlimit limit;
  if (errno != ENOSYS || getrlimit(RLIMIT_NOFILE, &limit) != 0) return -1;
  if (limit.rlim_max == RLIM_INFINITY || limit.rlim_max > 1u << 20) limit.rlim_max = 1u << 20;
  for (unsigned at = first; at <= last && at < limit.rlim_max; at++) close((int)at);
  return 0;
}

bool kernel_drop_capabilities(void) {
  for (unsigned long capability = 0; capability < CAPABILITIES_MAX; capability++)
    if (prctl(PR_CAPBSET_READ, capability, 0, 0, 0) == 1 && prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0)
      return false;
  if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0) return false;
  struct capability_header header = {.version = CAPABILITY_VERSION_3};
  struct capability_data none[2] = {0};
  return syscall(SYS_capset, &header, none) == 0;
}

bool kernel_capabilities_are_gone(void) {
  for (unsigned long capability = 0; capability < CAPABILITIES_MAX; capability++) {
    if (prctl(PR_CAPBSET_READ, capability, 0, 0, 0) == 1) return false;
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, capability, 0, 0) == 1) return false;
  }
  struct capability_header header = {.version = CAPABILITY_VERSION_3};
  struct capability_data held[2];
  memset(held, 0xff, sizeof held);
  if (syscall(SYS_capget, &header, held) != 0) return false;
  for (int i = 0; i < 2; i++)
    if (held[i].effective || held[i].permitted || held[i].inheritable) return false;
  return true;
}

struct filter_program {
  unsigned short count;
  const void *instructions;
};

int kernel_seccomp(const void *instructions, size_t count) {
  enum { SET_MODE_FILTER = 1 };
  struct filter_program program = {.count = (unsigned short)count, .instructions = instructions};
  return (int)syscall(SYS_seccomp, SET_MODE_FILTER, 0, &program);
}

static int open_step(int base, const char *name, size_t length) {
  char component[256];
  if (length >= sizeof component) return errno = ENAMETOOLONG, -1;
  memcpy(component, name, length);
  component[length] = 0;
  int next = openat(base, component, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  struct stat found;
  if (next < 0) return -1;
  if (fstat(next, &found) == 0 && !S_ISLNK(found.st_mode)) return next;
  close(next);
  errno = ELOOP;
  return -1;
}

/* The same walk for kernels before 5.6, one component at a time. */
static int open_by_steps(int base, const char *path) {
  int at = openat(base, *path == '/' ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
  while (at >= 0) {
    while (*path == '/') path++;
    if (!*path) return at;
    size_t length = strcspn(path, "/");
    int next = open_step(at, path, length);
    int failure = errno;
    close(at);
    errno = failure;
    at = next;
    path += length;
  }
  return -1;
}

int kernel_open_path(int base, const char *path) {
  struct kernel_open how = {
      .flags = O_PATH | O_CLOEXEC | O_NOFOLLOW,
      .resolve = KERNEL_RESOLVE_NO_SYMLINKS | KERNEL_RESOLVE_NO_MAGICLINKS,
  };
  int found = kernel_openat2(base, path, &how);
  /* NO_SYMLINKS alone lets a trailing link through when O_PATH and O_NOFOLLOW are both given. */
  if (found < 0) return errno == ENOSYS ? open_by_steps(base, path) : -1;
  struct stat kind;
  if (fstat(found, &kind) == 0 && !S_ISLNK(kind.st_mode)) return found;
  close(found);
  errno = ELOOP;
  return -1;
}
