/*
 * Makes paths of an overlay equal to the host's again. overlayfs(5) leaves it undefined what a mounted overlay shows
 * once its upper layer changes behind its back (and it does go on showing what its cached names point to), and nobody
 * is left here who may mount it anew. So the work is done through the merged folder: what has no counterpart below is
 * removed, the rest is copied back. `changes` compares contents and so tells of no difference afterwards.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builtin-list.h"
#include "builtin-pipe.h"
#include "builtin-tree.h"
#include "protocol.h"
#include "setup.h"
#include "wire.h"

enum { INPUT_MAX = 64 * 1024 * 1024 };

static bool copy_back(struct tree_place lower, struct tree_place merged) {
  return tree_remove(merged.folder, merged.name) && tree_copy(lower, merged);
}

/* As after a commit. Copied back, a file with holes or with many names would need room that it never took. */
static bool is_same(struct tree_place lower, struct tree_place merged, const struct stat found[2]) {
  return S_ISREG(found[0].st_mode) && found[0].st_mode == found[1].st_mode && found[0].st_size == found[1].st_size &&
         tree_same_file(lower, merged);
}

/* A folder in both stays, with what is in it: each path below has its own line in the list. */
static bool restore(struct tree_place lower, struct tree_place merged, const struct stat *below) {
  struct stat now;
  bool there = fstatat(merged.folder, merged.name, &now, AT_SYMLINK_NOFOLLOW) == 0;
  if (there && is_same(lower, merged, (const struct stat[2]){now, *below})) return true;
  if (!there || !S_ISDIR(below->st_mode) || !S_ISDIR(now.st_mode)) return copy_back(lower, merged);
  if (now.st_mode == below->st_mode) return true;
  int folder = openat(merged.folder, merged.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  bool done = folder >= 0 && fchmod(folder, below->st_mode & 07777) == 0;
  if (folder >= 0) close(folder);
  return done;
}

static bool discard_at(struct tree_place lower, struct tree_place merged) {
  struct stat below;
  if (lower.folder >= 0 && fstatat(lower.folder, lower.name, &below, AT_SYMLINK_NOFOLLOW) == 0)
    return restore(lower, merged, &below);
  return tree_remove(merged.folder, merged.name);
}

static bool discard_path(const struct setup_overlay *overlay, int root, const char *path) {
  struct tree_place lower, merged;
  merged.folder = tree_open_parent(root, path, &merged.name);
  /* Its folder went with an earlier path. */
  if (merged.folder < 0) return errno == ENOENT || errno == ENOTDIR;
  lower.folder = tree_open_parent(overlay->lower, path, &lower.name);
  bool done = discard_at(lower, merged);
  int failure = errno;
  if (lower.folder >= 0) close(lower.folder);
  close(merged.folder);
  errno = failure;
  return done;
}

static int discard_all(const struct setup_overlay *overlay, struct reader *list) {
  char path[PATH_BYTES_MAX + 1];
  int root = open(overlay->target, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (root < 0) return pipe_fail("open", overlay->target);
  int code = 0;
  uint32_t count = r_count(list, 4);
  for (uint32_t i = 0; i < count && r_cstr(list, path, sizeof path); i++)
    if (!discard_path(overlay, root, path)) code = pipe_fail("discard", path);
  close(root);
  errno = EPROTO;
  return r_done(list) ? code : pipe_fail("discard", "stdin");
}

int builtin_discard(const struct builtin_context *context) {
  const struct setup_overlay *overlay = builtin_overlay(context, context->argv[1]);
  if (!overlay) return 1;
  struct writer input = w_growing(INPUT_MAX);
  if (!pipe_read_all(STDIN_FILENO, &input)) return pipe_fail("read", "stdin");
  struct reader list = r_over(input.bytes, input.used);
  int code = discard_all(overlay, &list);
  w_free(&input);
  return code;
}
