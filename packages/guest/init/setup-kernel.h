#ifndef CAISSON_SETUP_KERNEL_H
#define CAISSON_SETUP_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The system calls and numbers that libc headers lack; values from the kernel's uapi headers. */

enum {
  KERNEL_TREE_CLONE = 1,
  KERNEL_EMPTY_PATH = 0x1000,
  KERNEL_RECURSIVE = 0x8000,
  KERNEL_NO_AUTOMOUNT = 0x800,
};

enum { KERNEL_ATTR_RDONLY = 1, KERNEL_ATTR_NOSUID = 2, KERNEL_ATTR_NODEV = 4, KERNEL_ATTR_NOEXEC = 8 };

enum {
  KERNEL_RESOLVE_NO_XDEV = 1,
  KERNEL_RESOLVE_NO_MAGICLINKS = 2,
  KERNEL_RESOLVE_NO_SYMLINKS = 4,
  KERNEL_RESOLVE_BENEATH = 8,
};

struct kernel_open {
  uint64_t flags;
  uint64_t mode;
  uint64_t resolve;
};

/* What a clone of a tree gets: attributes to add (recursively), nothing is ever cleared. */
struct kernel_clone {
  int descriptor;
  uint64_t attributes;
};

int kernel_openat2(int base, const char *path, const struct kernel_open *how);

/* A detached recursive clone of what `descriptor` (O_PATH will do) shows, with `attributes` added; -1 and errno. */
int kernel_clone_tree(int descriptor, uint64_t attributes);

/* Puts a detached tree over what `onto` shows. */
int kernel_move_tree(int tree, int onto);

/* Adds attributes to the mount whose root `descriptor` is; with `recursive` to every mount below too. */
int kernel_mount_attributes(int descriptor, uint64_t attributes, bool recursive);

/*
 * Clone and move in one; where the kernel has no open_tree, mount_setattr or move_mount (before 5.12), by mount(2).
 */
int kernel_bind(int from, int onto, uint64_t attributes);

/* The same for one mount by mount(2), for kernels before 5.12; false when `path` is no mount point. */
bool kernel_remount_read_only(const char *path);

int kernel_close_range(unsigned first, unsigned last);

/* False with errno when not every set became empty. */
bool kernel_drop_capabilities(void);

/* Whether the effective, permitted, inheritable, ambient and bounding sets are all empty. */
bool kernel_capabilities_are_gone(void);

int kernel_seccomp(const void *instructions, size_t count);

/* Opens what `path` names from `base`, O_PATH, without passing any symbolic link. */
int kernel_open_path(int base, const char *path);

#endif
