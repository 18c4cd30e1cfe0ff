/* What an overlay's upper layer says against the lower one. The upper layer is hostile data. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "builtin-list.h"
#include "builtin-pipe.h"
#include "builtin-tree.h"
#include "protocol.h"
#include "setup.h"

enum { CHANGE_CREATED = 1, CHANGE_MODIFIED = 2, CHANGE_DELETED = 3 };
enum { EXIT_TOO_MANY = 2, PATH_ROOM = 65536, FLUSH_AT = 65536 };

struct changes {
  const struct builtin_context *context;
  const struct setup_overlay *overlay;
  struct writer records;
  uint64_t told;
  uint64_t most;
  bool too_many;
  char *path;
  size_t length;
};

/* The same folder in both layers; `lower` is -1 where the host has none that shows through. */
struct layers {
  int upper;
  int lower;
  bool hides_lower;
};

static bool compare_folder(struct changes *run, struct layers at, int depth);

static bool is_whiteout(const struct stat *found) {
  return S_ISCHR(found->st_mode) && found->st_rdev == makedev(0, 0);
}

static bool is_opaque(int folder) {
  char value[4];
  return fgetxattr(folder, "user.overlay.opaque", value, sizeof value) == 1 && value[0] == 'y';
}

static bool tell(struct changes *run, uint8_t type, const struct stat *found) {
  if (run->told == run->most) return run->too_many = true, false;
  run->told++;
  w_u8(&run->records, type);
  w_u8(&run->records, tree_kind(found->st_mode));
  w_u64(&run->records, S_ISREG(found->st_mode) ? (uint64_t)found->st_size : 0);
  w_u32(&run->records, found->st_mode & 07777);
  w_str(&run->records, run->path);
  return run->records.used < FLUSH_AT || pipe_flush(&run->records);
}

/* A mount point that set-up itself made is not the sandbox's doing. */
static bool made_by_setup(const struct changes *run) {
  size_t root = strlen(run->overlay->target);
  for (size_t i = 0; i < run->context->setup->made_count; i++) {
    const char *path = run->context->setup->made[i].path;
    if (strncmp(path, run->overlay->target, root) == 0 && path[root] == '/' && strcmp(path + root + 1, run->path) == 0)
      return true;
  }
  return false;
}

static bool same_file(struct layers at, const char *name) {
  return tree_same_file((struct tree_place){at.upper, name}, (struct tree_place){at.lower, name});
}

static bool same_link(struct layers at, const char *name) {
  char upper[4096], lower[4096];
  ssize_t length = readlinkat(at.upper, name, upper, sizeof upper);
  return length >= 0 && readlinkat(at.lower, name, lower, sizeof lower) == length &&
         memcmp(upper, lower, (size_t)length) == 0;
}

static bool is_same(struct layers at, const char *name, const struct stat found[2]) {
  if ((found[0].st_mode & S_IFMT) != (found[1].st_mode & S_IFMT)) return false;
  if (S_ISLNK(found[0].st_mode)) return same_link(at, name);
  if (found[0].st_mode != found[1].st_mode) return false;
  if (S_ISREG(found[0].st_mode)) return found[0].st_size == found[1].st_size && same_file(at, name);
  return S_ISDIR(found[0].st_mode) || S_ISFIFO(found[0].st_mode);
}

static bool enter(struct changes *run, struct layers at, const char *name, int depth) {
  int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  if (depth >= TREE_DEPTH_MAX) return errno = ELOOP, false;
  struct layers inside = {.upper = openat(at.upper, name, flags), .lower = -1};
  if (inside.upper < 0) return false;
  if (at.lower >= 0) inside.lower = openat(at.lower, name, flags);
  inside.hides_lower = is_opaque(inside.upper);
  bool done = compare_folder(run, inside, depth + 1);
  int failure = errno;
  close(inside.upper);
  if (inside.lower >= 0) close(inside.lower);
  errno = failure;
  return done;
}

static bool compare_entry(struct changes *run, struct layers at, const char *name, int depth) {
  struct stat found[2] = {0};
  if (fstatat(at.upper, name, &found[0], AT_SYMLINK_NOFOLLOW) != 0) return errno == ENOENT;
  bool below = at.lower >= 0 && fstatat(at.lower, name, &found[1], AT_SYMLINK_NOFOLLOW) == 0;
  if (is_whiteout(&found[0])) return below ? tell(run, CHANGE_DELETED, &found[1]) : true;
  bool told = true;
  if (!below && !made_by_setup(run)) told = tell(run, CHANGE_CREATED, &found[0]);
  else if (below && !is_same(at, name, found)) told = tell(run, CHANGE_MODIFIED, &found[0]);
  if (!told || !S_ISDIR(found[0].st_mode)) return told;
  return enter(run, at, name, depth);
}

static bool push(struct changes *run, const char *name) {
  size_t length = strlen(name);
  if (run->length + length + 2 > PATH_ROOM) return errno = ENAMETOOLONG, false;
  if (run->length > 0) run->path[run->length++] = '/';
  memcpy(run->path + run->length, name, length + 1);
  run->length += length;
  return true;
}

static void pop(struct changes *run, size_t length) {
  run->length = length;
  run->path[length] = 0;
}

static bool has_name(const struct tree_names *names, const char *name) {
  size_t low = 0, high = names->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    int order = strcmp(names->list[middle], name);
    if (order == 0) return true;
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return false;
}

/* An opaque folder shows nothing of the lower one: its other names are gone. */
static bool tell_hidden(struct changes *run, struct layers at, const struct tree_names *kept) {
  struct tree_names names;
  if (at.lower < 0 || !at.hides_lower) return true;
  if (!tree_list(at.lower, &names)) return false;
  bool done = true;
  for (size_t i = 0; done && i < names.count; i++) {
    size_t before = run->length;
    struct stat found;
    if (has_name(kept, names.list[i])) continue;
    if (fstatat(at.lower, names.list[i], &found, AT_SYMLINK_NOFOLLOW) != 0) continue;
    done = push(run, names.list[i]) && tell(run, CHANGE_DELETED, &found);
    pop(run, before);
  }
  tree_names_free(&names);
  return done;
}

static bool compare_folder(struct changes *run, struct layers at, int depth) {
  struct tree_names names;
  if (!tree_list(at.upper, &names)) return false;
  bool done = true;
  for (size_t i = 0; done && i < names.count; i++) {
    size_t before = run->length;
    done = push(run, names.list[i]) && compare_entry(run, at, names.list[i], depth);
    pop(run, before);
  }
  done = done && tell_hidden(run, at, &names);
  int failure = errno;
  tree_names_free(&names);
  errno = failure;
  return done;
}

int builtin_changes(const struct builtin_context *context) {
  struct changes run = {.context = context, .overlay = builtin_overlay(context, context->argv[1])};
  if (!run.overlay) return 1;
  errno = EINVAL;
  if (!parse_number(context->argv[2], UINT32_MAX, &run.most)) return pipe_fail("changes", context->argv[2]);
  run.records = w_growing(FLUSH_AT + PATH_ROOM + 64);
  run.path = calloc(1, PATH_ROOM);
  if (!run.path) return pipe_fail("changes", run.overlay->target);
  struct layers root = {.upper = run.overlay->upper, .lower = run.overlay->lower, .hides_lower = is_opaque(run.overlay->upper)};
  bool done = compare_folder(&run, root, 0);
  int code = done ? 0 : run.too_many ? EXIT_TOO_MANY : pipe_fail("changes", run.path);
  if (code != 1 && !pipe_flush(&run.records)) code = pipe_fail("write", run.overlay->target);
  free(run.path);
  w_free(&run.records);
  return code;
}
