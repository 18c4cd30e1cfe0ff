#define _GNU_SOURCE
#include "builtin-tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "protocol.h"
#include "setup-kernel.h"

enum { NAME_BYTES_MAX = 255 };

uint8_t tree_kind(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFREG: return KIND_FILE;
    case S_IFDIR: return KIND_DIRECTORY;
    case S_IFLNK: return KIND_SYMLINK;
    case S_IFIFO: return KIND_FIFO;
    case S_IFSOCK: return KIND_SOCKET;
    default: return KIND_DEVICE;
  }
}

static bool is_dots(const char *name) {
  return name[0] == '.' && (name[1] == 0 || (name[1] == '.' && name[2] == 0));
}

/* Copies the component that starts at `path`; false with errno when it is none that may be used. */
static bool component(const char *path, char *name) {
  size_t length = strcspn(path, "/");
  if (length > NAME_BYTES_MAX) return errno = ENAMETOOLONG, false;
  memcpy(name, path, length);
  name[length] = 0;
  if (length == 0 || is_dots(name)) return errno = EINVAL, false;
  return true;
}

static int enter(int folder, const char *name, bool make) {
  int flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  int next = openat(folder, name, flags);
  if (next >= 0 || !make || errno != ENOENT) return next;
  if (mkdirat(folder, name, 0755) != 0 && errno != EEXIST) return -1;
  return openat(folder, name, flags);
}

static int walk_to_parent(int base, const char *path, bool make) {
  char name[NAME_BYTES_MAX + 1];
  int at = openat(base, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
  for (const char *slash = strchr(path, '/'); at >= 0 && slash; slash = strchr(path, '/')) {
    int next = component(path, name) ? enter(at, name, make) : -1;
    int failure = errno;
    close(at);
    errno = failure;
    at = next;
    path = slash + 1;
  }
  return at;
}

/* One call where the kernel has it; the walk says the same, and why not, everywhere else. */
static int parent_at_once(int base, const char *path, const char *last) {
  enum { PARENT_MAX = 4096 };
  char parent[PARENT_MAX];
  size_t length = (size_t)(last - path);
  if (length == 0 || length >= sizeof parent) return -1;
  memcpy(parent, path, length - 1);
  parent[length - 1] = 0;
  struct kernel_open how = {
      .flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
      .resolve = KERNEL_RESOLVE_BENEATH | KERNEL_RESOLVE_NO_SYMLINKS | KERNEL_RESOLVE_NO_MAGICLINKS,
  };
  return kernel_openat2(base, parent, &how);
}

static bool has_odd_component(const char *path) {
  char name[NAME_BYTES_MAX + 1];
  for (;;) {
    if (!component(path, name)) return true;
    const char *slash = strchr(path, '/');
    if (!slash) return false;
    path = slash + 1;
  }
}

static int open_parent(int base, const char *path, bool make) {
  if (has_odd_component(path)) return -1;
  const char *slash = strrchr(path, '/');
  int found = slash ? parent_at_once(base, path, slash + 1) : -1;
  return found >= 0 ? found : walk_to_parent(base, path, make);
}

static const char *last_of(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

int tree_open_parent(int base, const char *path, const char **name) {
  *name = last_of(path);
  return open_parent(base, path, false);
}

int tree_make_parent(int base, const char *path, const char **name) {
  *name = last_of(path);
  return open_parent(base, path, true);
}

int tree_open(int base, const char *path, int flags) {
  const char *name = NULL;
  int parent = tree_open_parent(base, path, &name);
  if (parent < 0) return -1;
  int found = openat(parent, name, flags | O_NOFOLLOW | O_CLOEXEC);
  int failure = errno;
  close(parent);
  errno = failure;
  return found;
}

static int by_bytes(const void *left, const void *right) {
  return strcmp(*(char *const *)left, *(char *const *)right);
}

static bool keep_name(struct tree_names *names, size_t *room, const char *name) {
  if (names->count == *room) {
    size_t wanted = *room ? *room * 2 : 32;
    char **grown = realloc(names->list, wanted * sizeof *grown);
    if (!grown) return false;
    names->list = grown;
    *room = wanted;
  }
  names->list[names->count] = strdup(name);
  return names->list[names->count] && ++names->count;
}

bool tree_list(int folder, struct tree_names *names) {
  *names = (struct tree_names){0};
  int own = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *list = own < 0 ? NULL : fdopendir(own);
  if (!list) return false;
  size_t room = 0;
  errno = 0;
  for (struct dirent *entry = readdir(list); entry; entry = readdir(list)) {
    if (is_dots(entry->d_name)) continue;
    if (!keep_name(names, &room, entry->d_name)) break;
    errno = 0;
  }
  int failure = errno;
  closedir(list);
  if (failure) tree_names_free(names);
  else if (names->count) qsort(names->list, names->count, sizeof *names->list, by_bytes);
  errno = failure;
  return !failure;
}

void tree_names_free(struct tree_names *names) {
  for (size_t i = 0; i < names->count; i++) free(names->list[i]);
  free(names->list);
  *names = (struct tree_names){0};
}
