#ifndef CAISSON_BUILTIN_TREE_H
#define CAISSON_BUILTIN_TREE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

/* What builtins do to trees of files, always from a folder's descriptor and never through a symbolic link. */

enum { TREE_DEPTH_MAX = 1024 };

/* KIND_* of PROTOCOL.md for st_mode. */
uint8_t tree_kind(mode_t mode);

/* Opens what lies at a relative path below `base`, without links and without leaving it; -1 and errno. */
int tree_open(int base, const char *path, int flags);

/*
 * Opens the folder that holds the last component of a relative path, and points `*name` at that component. With
 * `make`, missing folders are made (0755). -1 and errno; EINVAL for empty, `.` and `..` components.
 */
int tree_open_parent(int base, const char *path, const char **name);
int tree_make_parent(int base, const char *path, const char **name);

/* Names of a folder, without `.` and `..`, sorted by bytes. */
struct tree_names {
  char **list;
  size_t count;
};

/* Lists through a descriptor of its own, so that offsets are not shared. False with errno. */
bool tree_list(int folder, struct tree_names *names);
void tree_names_free(struct tree_names *names);

/* Removes `name` with everything below it; never across a mount. ENOENT counts as done. */
bool tree_remove(int folder, const char *name);

/* Where something lies: a name in an open folder. */
struct tree_place {
  int folder;
  const char *name;
};

/* Copies a file, link, fifo or folder with all in it; the target must not exist, but folders are merged. */
bool tree_copy(struct tree_place from, struct tree_place to);

/* Whether two regular files hold the same bytes. What cannot be read counts as different. */
bool tree_same_file(struct tree_place left, struct tree_place right);

/* Copies what is left of one regular file to another; false with errno. */
bool tree_copy_bytes(int from, int to);

#endif
