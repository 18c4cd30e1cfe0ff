#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "builtin-pipe.h"
#include "builtin-tree.h"
#include "setup-kernel.h"

static bool remove_at(struct tree_place place, int depth);
static bool copy_at(struct tree_place from, struct tree_place to, int depth);

/* A folder of the same mount; a bind of the same file system counts as another. */
static int open_same_mount(struct tree_place place) {
  int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  struct kernel_open how = {.flags = (uint64_t)flags, .resolve = KERNEL_RESOLVE_NO_XDEV | KERNEL_RESOLVE_NO_SYMLINKS};
  int found = kernel_openat2(place.folder, place.name, &how);
  if (found >= 0 || (errno != ENOSYS && errno != EPERM)) return found;
  struct stat inside, around;
  found = openat(place.folder, place.name, flags);
  if (found < 0) return -1;
  if (fstat(found, &inside) == 0 && fstat(place.folder, &around) == 0 && inside.st_dev == around.st_dev) return found;
  close(found);
  errno = EXDEV;
  return -1;
}

static bool remove_contents(struct tree_place place, int depth) {
  if (depth >= TREE_DEPTH_MAX) return errno = ELOOP, false;
  int folder = open_same_mount(place);
  if (folder < 0) return false;
  struct tree_names names;
  bool done = tree_list(folder, &names);
  for (size_t i = 0; done && i < names.count; i++)
    done = remove_at((struct tree_place){folder, names.list[i]}, depth + 1);
  int failure = errno;
  tree_names_free(&names);
  close(folder);
  errno = failure;
  return done;
}

static bool remove_at(struct tree_place place, int depth) {
  if (unlinkat(place.folder, place.name, 0) == 0 || errno == ENOENT) return true;
  struct stat found;
  int failure = errno;
  bool folder = fstatat(place.folder, place.name, &found, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(found.st_mode);
  errno = failure;
  if (!folder || !remove_contents(place, depth)) return false;
  return unlinkat(place.folder, place.name, AT_REMOVEDIR) == 0 || errno == ENOENT;
}

bool tree_remove(int folder, const char *name) {
  return remove_at((struct tree_place){folder, name}, 0);
}

bool tree_copy_bytes(int from, int to) {
  enum { CHUNK = 131072 };
  char *buffer = malloc(CHUNK);
  ssize_t got = buffer ? 1 : -1;
  while (got > 0) {
    got = read(from, buffer, CHUNK);
    for (ssize_t at = 0; got > 0 && at < got;) {
      ssize_t written = write(to, buffer + at, (size_t)(got - at));
      if (written < 0) got = -1;
      else at += written;
    }
  }
  int failure = errno;
  free(buffer);
  errno = failure;
  return got == 0;
}

static bool copy_file(struct tree_place from, struct tree_place to) {
  struct stat found;
  int source = openat(from.folder, from.name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (source < 0) return false;
  int target = openat(to.folder, to.name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  bool done = target >= 0 && fstat(source, &found) == 0;
  if (done && !S_ISREG(found.st_mode)) errno = EINVAL, done = false;
  done = done && tree_copy_bytes(source, target) && fchmod(target, found.st_mode & 0777) == 0;
  if (done) futimens(target, (const struct timespec[2]){found.st_atim, found.st_mtim});
  int failure = errno;
  if (target >= 0) close(target);
  /* Half a file would be told as a change. */
  if (target >= 0 && !done) unlinkat(to.folder, to.name, 0);
  close(source);
  errno = failure;
  return done;
}

static bool copy_link(struct tree_place from, struct tree_place to) {
  char text[4097];
  ssize_t length = readlinkat(from.folder, from.name, text, sizeof text);
  if (length < 0 || length == (ssize_t)sizeof text) return false;
  text[length] = 0;
  return symlinkat(text, to.folder, to.name) == 0;
}

static bool copy_contents(int source, int target, int depth) {
  struct tree_names names;
  bool done = tree_list(source, &names);
  for (size_t i = 0; done && i < names.count; i++)
    done = copy_at((struct tree_place){source, names.list[i]}, (struct tree_place){target, names.list[i]}, depth + 1);
  int failure = errno;
  tree_names_free(&names);
  errno = failure;
  return done;
}

static bool copy_folder(struct tree_place from, struct tree_place to, int depth) {
  if (depth >= TREE_DEPTH_MAX) return errno = ELOOP, false;
  int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  struct stat found;
  int source = openat(from.folder, from.name, flags);
  if (source < 0) return false;
  bool made = mkdirat(to.folder, to.name, 0700) == 0;
  int target = made || errno == EEXIST ? openat(to.folder, to.name, flags) : -1;
  bool done = target >= 0 && fstat(source, &found) == 0 && copy_contents(source, target, depth);
  if (done && made) done = fchmod(target, found.st_mode & 01777) == 0;
  int failure = errno;
  if (target >= 0) close(target);
  close(source);
  errno = failure;
  return done;
}

static bool copy_at(struct tree_place from, struct tree_place to, int depth) {
  struct stat found;
  if (fstatat(from.folder, from.name, &found, AT_SYMLINK_NOFOLLOW) != 0) return false;
  switch (found.st_mode & S_IFMT) {
    case S_IFREG: return copy_file(from, to);
    case S_IFLNK: return copy_link(from, to);
    case S_IFDIR: return copy_folder(from, to, depth);
    case S_IFIFO: return mkfifoat(to.folder, to.name, found.st_mode & 0777) == 0;
    default: return errno = EINVAL, false;
  }
}

bool tree_copy(struct tree_place from, struct tree_place to) {
  return copy_at(from, to, 0);
}

static bool same_bytes(int left, int right) {
  enum { CHUNK = 65536 };
  char *first = malloc(2 * CHUNK);
  int64_t got = first ? 1 : 0;
  bool same = first != NULL;
  while (same && got > 0) {
    got = pipe_read(left, first, CHUNK);
    same = got >= 0 && pipe_read(right, first + CHUNK, CHUNK) == got && memcmp(first, first + CHUNK, (size_t)got) == 0;
  }
  free(first);
  return same;
}

bool tree_same_file(struct tree_place left, struct tree_place right) {
  int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  int one = openat(left.folder, left.name, flags), other = openat(right.folder, right.name, flags);
  bool same = one >= 0 && other >= 0 && same_bytes(one, other);
  if (one >= 0) close(one);
  if (other >= 0) close(other);
  return same;
}
