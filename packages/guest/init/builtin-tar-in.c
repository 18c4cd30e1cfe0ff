/* Unpacks a tar from anybody. Every path is opened from the root's descriptor, and no link is ever followed. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builtin-list.h"
#include "builtin-pipe.h"
#include "builtin-tar.h"
#include "builtin-tree.h"

enum { CHUNK = 131072, MEMBERS_MAX = 4000000, DEPTH_MAX = 512 };

/* A regular file that came from this tar: what a hard link may lead to. */
struct member {
  uint64_t device;
  uint64_t inode;
};

/* A folder whose mode would keep its own contents out, set at the end. */
struct late_mode {
  char *path;
  uint32_t mode;
};

struct unpack {
  int source;
  int root;
  const char *stage;
  struct tar_entry entry;
  struct tar_extension extension;
  uint8_t *chunk;
  struct member *members;
  size_t member_count, member_room;
  struct late_mode *late;
  size_t late_count;
};

static bool failed(struct unpack *run, const char *stage, int errnum) {
  run->stage = stage;
  errno = errnum;
  return false;
}

static bool read_exactly(struct unpack *run, void *bytes, size_t size) {
  int64_t got = pipe_read(run->source, bytes, size);
  if (got == (int64_t)size) return true;
  return failed(run, "read", got < 0 ? errno : EBADMSG);
}

static size_t padded(uint64_t size) {
  return (size_t)((size + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK);
}

static bool read_extension(struct unpack *run) {
  uint64_t size = run->entry.size;
  if (size > TAR_EXTENSION_MAX) return failed(run, "header", E2BIG);
  uint8_t *bytes = malloc(padded(size) + 1);
  if (!bytes) return failed(run, "header", ENOMEM);
  struct tar_extension *extension = &run->extension;
  bool done = read_exactly(run, bytes, padded(size)), legal = true;
  if (done && run->entry.type == TAR_PAX) legal = tar_read_pax(bytes, size, extension);
  if (done && run->entry.type == TAR_GNU_NAME) legal = extension->has_path = tar_read_long(bytes, size, extension->path);
  if (done && run->entry.type == TAR_GNU_LINK) legal = extension->has_link = tar_read_long(bytes, size, extension->link);
  free(bytes);
  return done && !legal ? failed(run, "header", EBADMSG) : done;
}

static size_t depth_of(const char *path) {
  size_t depth = 0;
  for (; *path; path++) depth += *path == '/';
  return depth;
}

static bool is_extension(uint8_t type) {
  return type == TAR_PAX || type == TAR_PAX_GLOBAL || type == TAR_GNU_NAME || type == TAR_GNU_LINK;
}

/* The next entry with all its extensions; `*end` at the end of the archive. */
static bool next_entry(struct unpack *run, bool *end) {
  uint8_t block[TAR_BLOCK];
  memset(&run->extension, 0, sizeof run->extension);
  for (;;) {
    if (!read_exactly(run, block, sizeof block)) return false;
    if (tar_is_zero(block)) return *end = true;
    if (!tar_read_header(block, &run->entry)) return failed(run, "header", EBADMSG);
    if (!is_extension(run->entry.type)) break;
    if (!read_extension(run)) return false;
  }
  tar_extend(&run->entry, &run->extension);
  if (!tar_clean_path(run->entry.path) || depth_of(run->entry.path) > DEPTH_MAX) return failed(run, "path", EINVAL);
  return true;
}

/* Whatever else stands there gives way, but never a folder. */
static bool clear(struct tree_place place) {
  return unlinkat(place.folder, place.name, 0) == 0 || errno == ENOENT;
}

static size_t slot_of(const struct unpack *run, const struct member *wanted) {
  size_t at = (size_t)((wanted->inode * UINT64_C(0x9e3779b97f4a7c15)) >> 20) & (run->member_room - 1);
  while (run->members[at].inode && (run->members[at].inode != wanted->inode || run->members[at].device != wanted->device))
    at = (at + 1) & (run->member_room - 1);
  return at;
}

static bool grow_members(struct unpack *run) {
  struct member *old = run->members;
  size_t old_room = run->member_room;
  if (run->member_count * 2 < old_room) return true;
  if (run->member_count >= MEMBERS_MAX) return failed(run, "members", E2BIG);
  size_t room = old_room ? old_room * 2 : 1024;
  struct member *grown = calloc(room, sizeof *grown);
  if (!grown) return failed(run, "members", ENOMEM);
  run->members = grown;
  run->member_room = room;
  for (size_t i = 0; i < old_room; i++)
    if (old[i].inode) grown[slot_of(run, &old[i])] = old[i];
  free(old);
  return true;
}

static bool remember(struct unpack *run, const struct stat *found) {
  struct member member = {.device = found->st_dev, .inode = found->st_ino};
  if (!grow_members(run)) return false;
  size_t slot = slot_of(run, &member);
  if (!run->members[slot].inode) run->member_count++;
  run->members[slot] = member;
  return true;
}

static bool copy_in(struct unpack *run, int file) {
  uint64_t left = run->entry.size;
  while (left > 0) {
    size_t part = left < CHUNK ? (size_t)left : CHUNK;
    if (!read_exactly(run, run->chunk, part)) return false;
    if (!pipe_write(file, run->chunk, part)) return failed(run, "write", errno);
    left -= part;
  }
  return read_exactly(run, run->chunk, padded(run->entry.size) - (size_t)run->entry.size);
}

static bool unpack_file(struct unpack *run, struct tree_place place) {
  struct stat made;
  if (!clear(place)) return failed(run, "replace", errno);
  int file = openat(place.folder, place.name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (file < 0) return failed(run, "create", errno);
  bool done = copy_in(run, file);
  if (done && (fchmod(file, run->entry.mode) != 0 || fstat(file, &made) != 0)) done = failed(run, "mode", errno);
  if (done) futimens(file, (const struct timespec[2]){{.tv_nsec = UTIME_NOW}, {.tv_sec = (time_t)run->entry.mtime}});
  done = done && remember(run, &made);
  int failure = errno;
  if (close(file) != 0 && done) return failed(run, "write", errno);
  errno = failure;
  return done;
}

static bool unpack_link(struct unpack *run, struct tree_place place) {
  if (!clear(place)) return failed(run, "replace", errno);
  if (symlinkat(run->entry.link, place.folder, place.name) != 0) return failed(run, "symlink", errno);
  return true;
}

static bool link_member(struct unpack *run, struct tree_place target, struct tree_place place) {
  struct stat found;
  if (fstatat(target.folder, target.name, &found, AT_SYMLINK_NOFOLLOW) != 0) return failed(run, "link", errno);
  struct member member = {.device = found.st_dev, .inode = found.st_ino};
  bool known = run->member_room > 0 && run->members[slot_of(run, &member)].inode != 0;
  if (!known || !S_ISREG(found.st_mode)) return failed(run, "link", EPERM);
  struct stat existing;
  /* A member that links to itself is there already. */
  if (fstatat(place.folder, place.name, &existing, AT_SYMLINK_NOFOLLOW) == 0 && existing.st_ino == found.st_ino &&
      existing.st_dev == found.st_dev)
    return true;
  if (!clear(place)) return failed(run, "replace", errno);
  return linkat(target.folder, target.name, place.folder, place.name, 0) == 0 ? true : failed(run, "link", errno);
}

static bool unpack_hard_link(struct unpack *run, struct tree_place place) {
  struct tree_place target = {.folder = -1};
  if (!tar_clean_path(run->entry.link) || !run->entry.link[0]) return failed(run, "link", EINVAL);
  target.folder = tree_open_parent(run->root, run->entry.link, &target.name);
  if (target.folder < 0) return failed(run, "link", errno);
  bool done = link_member(run, target, place);
  int failure = errno;
  close(target.folder);
  errno = failure;
  return done;
}

static bool set_late(struct unpack *run) {
  struct late_mode *grown = realloc(run->late, (run->late_count + 1) * sizeof *grown);
  if (!grown) return failed(run, "mode", ENOMEM);
  run->late = grown;
  grown[run->late_count] = (struct late_mode){.path = strdup(run->entry.path), .mode = run->entry.mode};
  return grown[run->late_count++].path ? true : failed(run, "mode", ENOMEM);
}

static bool unpack_folder(struct unpack *run, struct tree_place place) {
  if (mkdirat(place.folder, place.name, 0700) != 0 && errno != EEXIST) return failed(run, "mkdir", errno);
  int folder = openat(place.folder, place.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (folder < 0) return failed(run, "mkdir", errno);
  bool done = fchmod(folder, run->entry.mode | 0700) == 0;
  if (!done) failed(run, "mode", errno);
  int failure = errno;
  close(folder);
  errno = failure;
  return done && (run->entry.mode & 0700) != 0700 ? set_late(run) : done;
}

static bool unpack_at(struct unpack *run, struct tree_place place) {
  switch (run->entry.type) {
    case TAR_FILE: return unpack_file(run, place);
    case TAR_HARD_LINK: return unpack_hard_link(run, place);
    case TAR_SYMLINK: return unpack_link(run, place);
    case TAR_FOLDER: return unpack_folder(run, place);
    case TAR_FIFO:
      if (!clear(place)) return failed(run, "replace", errno);
      return mkfifoat(place.folder, place.name, run->entry.mode) == 0 ? true : failed(run, "mkfifo", errno);
    default: return failed(run, "device", EPERM);
  }
}

static bool unpack_entry(struct unpack *run) {
  struct tree_place place;
  /* The root itself is as it is. */
  if (!run->entry.path[0]) return run->entry.type == TAR_FOLDER ? true : failed(run, "path", EINVAL);
  place.folder = tree_make_parent(run->root, run->entry.path, &place.name);
  if (place.folder < 0) return failed(run, "open", errno);
  bool done = unpack_at(run, place);
  int failure = errno;
  close(place.folder);
  errno = failure;
  return done;
}

/* Children were listed after their folders, so from the last to the first. */
static bool apply_late(struct unpack *run) {
  bool done = true;
  for (size_t i = run->late_count; i > 0; i--) {
    int folder = tree_open(run->root, run->late[i - 1].path, O_RDONLY | O_DIRECTORY);
    if (folder < 0 || fchmod(folder, run->late[i - 1].mode) != 0) done = failed(run, "mode", errno);
    if (folder >= 0) close(folder);
  }
  return done;
}

static bool unpack_all(struct unpack *run) {
  for (bool end = false;;) {
    if (!next_entry(run, &end)) return false;
    if (end) return true;
    if (!unpack_entry(run)) return false;
  }
}

/* Archives are padded behind their end; whoever writes one need not see the pipe break. */
static void drain(struct unpack *run) {
  while (pipe_read(run->source, run->chunk, CHUNK) == CHUNK) continue;
}

static void release(struct unpack *run) {
  for (size_t i = 0; i < run->late_count; i++) free(run->late[i].path);
  free(run->late);
  free(run->members);
  free(run->chunk);
  free(run);
}

int tar_unpack(int source, int root) {
  struct unpack *run = calloc(1, sizeof *run);
  if (!run) return pipe_fail("memory", "");
  run->source = source;
  run->root = root;
  run->stage = "read";
  run->chunk = malloc(CHUNK);
  bool done = run->chunk && unpack_all(run);
  int code = done ? 0 : pipe_fail(run->stage, run->entry.path);
  if (!apply_late(run) && done) code = pipe_fail(run->stage, "");
  if (done) drain(run);
  release(run);
  return code;
}

int builtin_tar_in(const struct builtin_context *context) {
  int root = open(context->argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (root < 0) return pipe_fail("open", context->argv[1]);
  return tar_unpack(STDIN_FILENO, root);
}
