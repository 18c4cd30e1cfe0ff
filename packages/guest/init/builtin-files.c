/* remove, copy, upper-read and upper-readlink. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builtin-list.h"
#include "builtin-pipe.h"
#include "builtin-tree.h"
#include "setup-table.h"
#include "setup.h"

enum { PATH_MAX_BYTES = 4095 };

struct opened_place {
  struct tree_place place;
  char text[PATH_MAX_BYTES + 1];
};

static void trim_slashes(char *text) {
  size_t length = strlen(text);
  while (length > 1 && text[length - 1] == '/') text[--length] = 0;
}

/* The folder that holds an absolute path, which is the caller's own word: links on the way are followed as usual. */
static bool open_place(const char *path, struct opened_place *opened) {
  if (path[0] != '/' || strlen(path) > PATH_MAX_BYTES) return errno = EINVAL, false;
  memcpy(opened->text, path, strlen(path) + 1);
  trim_slashes(opened->text);
  char *slash = strrchr(opened->text, '/');
  const char *name = slash + 1;
  if (!*name || strcmp(name, ".") == 0 || strcmp(name, "..") == 0) return errno = EINVAL, false;
  *slash = 0;
  const char *parent = opened->text[0] ? opened->text : "/";
  opened->place.name = name;
  opened->place.folder = open(parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
  return opened->place.folder >= 0;
}

/* `place` by the path that the kernel knows it by, whatever links led there. */
static bool true_path(struct tree_place place, char *text, size_t room) {
  char link[64], parent[PATH_MAX_BYTES + 1];
  snprintf(link, sizeof link, "/proc/self/fd/%d", place.folder);
  ssize_t length = readlink(link, parent, sizeof parent - 1);
  if (length <= 0 || length == (ssize_t)sizeof parent - 1) return errno = ENAMETOOLONG, false;
  parent[length] = 0;
  int needed = snprintf(text, room, "%s/%s", length == 1 ? "" : parent, place.name);
  return needed > 0 && (size_t)needed < room ? true : (errno = ENAMETOOLONG, false);
}

/*
 * A mount in the tree, such as what holds a protected file, would stop the removal half-way. Found before, nothing is
 * lost. What is mounted in between is still not crossed.
 */
static bool holds_no_mount(struct tree_place place, const char *path) {
  char real[PATH_MAX_BYTES + 1];
  struct mount_table table;
  if (!true_path(place, real, sizeof real) || !mount_table_read(real, &table)) {
    pipe_fail("mounts", path);
    return false;
  }
  bool none = table.count == 0;
  errno = EBUSY;
  if (!none) pipe_fail("mounted", table.paths[0]);
  mount_table_free(&table);
  return none;
}

int builtin_remove(const struct builtin_context *context) {
  struct opened_place opened;
  struct stat found;
  const char *path = context->argv[1];
  if (!open_place(path, &opened)) return pipe_fail("open", path);
  if (fstatat(opened.place.folder, opened.place.name, &found, AT_SYMLINK_NOFOLLOW) != 0) return pipe_fail("stat", path);
  if (S_ISDIR(found.st_mode) && !holds_no_mount(opened.place, path)) return 1;
  return tree_remove(opened.place.folder, opened.place.name) ? 0 : pipe_fail("remove", path);
}

/* A folder copied into itself would grow for ever. */
static bool is_within(int folder, const struct stat *ancestor) {
  int at = openat(folder, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
  struct stat here, above = {0};
  bool inside = false;
  for (int depth = 0; at >= 0 && !inside && depth < PATH_MAX_BYTES; depth++) {
    if (fstat(at, &here) != 0 || (here.st_dev == above.st_dev && here.st_ino == above.st_ino)) break;
    inside = here.st_dev == ancestor->st_dev && here.st_ino == ancestor->st_ino;
    above = here;
    int next = openat(at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
    close(at);
    at = next;
  }
  if (at >= 0) close(at);
  return inside;
}

/* An existing file gives way only to a file; a folder only takes in folders. */
static bool make_way(const struct stat *from, struct tree_place to) {
  struct stat found;
  if (fstatat(to.folder, to.name, &found, AT_SYMLINK_NOFOLLOW) != 0) return errno == ENOENT;
  if (S_ISDIR(found.st_mode)) return S_ISDIR(from->st_mode) ? true : (errno = EISDIR, false);
  if (S_ISDIR(from->st_mode)) return errno = ENOTDIR, false;
  if (found.st_dev == from->st_dev && found.st_ino == from->st_ino) return errno = EINVAL, false;
  return unlinkat(to.folder, to.name, 0) == 0;
}

int builtin_copy(const struct builtin_context *context) {
  struct opened_place from, to;
  struct stat found;
  if (!open_place(context->argv[1], &from)) return pipe_fail("open", context->argv[1]);
  if (!open_place(context->argv[2], &to)) return pipe_fail("open", context->argv[2]);
  if (fstatat(from.place.folder, from.place.name, &found, AT_SYMLINK_NOFOLLOW) != 0)
    return pipe_fail("stat", context->argv[1]);
  if (S_ISDIR(found.st_mode) && is_within(to.place.folder, &found)) {
    errno = EINVAL;
    return pipe_fail("copy", context->argv[2]);
  }
  if (!make_way(&found, to.place)) return pipe_fail("replace", context->argv[2]);
  return tree_copy(from.place, to.place) ? 0 : pipe_fail("copy", context->argv[1]);
}

int builtin_upper_read(const struct builtin_context *context) {
  const struct setup_overlay *overlay = builtin_overlay(context, context->argv[1]);
  const char *path = context->argv[2];
  struct stat found;
  if (!overlay) return 1;
  int file = tree_open(overlay->upper, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (file < 0) return pipe_fail("open", path);
  if (fstat(file, &found) != 0) return pipe_fail("stat", path);
  errno = EINVAL;
  if (!S_ISREG(found.st_mode)) return pipe_fail("read", path);
  return tree_copy_bytes(file, STDOUT_FILENO) ? 0 : pipe_fail("read", path);
}

int builtin_upper_readlink(const struct builtin_context *context) {
  const struct setup_overlay *overlay = builtin_overlay(context, context->argv[1]);
  const char *path = context->argv[2], *name = NULL;
  char text[PATH_MAX_BYTES + 1];
  if (!overlay) return 1;
  int folder = tree_open_parent(overlay->upper, path, &name);
  if (folder < 0) return pipe_fail("open", path);
  ssize_t length = readlinkat(folder, name, text, sizeof text);
  if (length < 0) return pipe_fail("readlink", path);
  return pipe_write(STDOUT_FILENO, text, (size_t)length) ? 0 : pipe_fail("write", path);
}
