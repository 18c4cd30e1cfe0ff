/* Covers and protects what the walk found. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "setup-kernel.h"
#include "setup-walk.h"

enum { PATH_FLAGS = O_PATH | O_NOFOLLOW | O_CLOEXEC };

/* Binds `name` on itself; false with errno. */
static bool bind_name(int folder, const char *name, uint64_t attributes) {
  int below = openat(folder, name, PATH_FLAGS);
  if (below < 0) return false;
  bool bound = kernel_bind(below, below, attributes) == 0;
  int failure = errno;
  close(below);
  errno = failure;
  return bound;
}

/* The same, and gives a descriptor of the new mount's root; -1 and errno. */
static int bind_on_itself(int folder, const char *name) {
  return bind_name(folder, name, 0) ? openat(folder, name, PATH_FLAGS) : -1;
}

/* Renamed away, a hidden path would still be hidden here, and be plain to the next sandbox of the same policy. */
static bool pins(const struct walk *walk) {
  return walk->order->access == ACCESS_WRITE;
}

static bool component_of(const char *path, char *name) {
  size_t length = strcspn(path, "/");
  if (length == 0 || length > RULES_NAME_MAX) return errno = ENAMETOOLONG, false;
  memcpy(name, path, length);
  name[length] = 0;
  return true;
}

/*
 * From the outermost inwards: a bind made inside a folder would be hidden by a later bind of that folder, were the bind
 * not recursive, and what was opened before goes on meaning the mount below.
 */
static bool pin_ancestors(struct walk *walk) {
  char name[RULES_NAME_MAX + 1];
  for (size_t i = 1; i <= walk->depth; i++) {
    struct walk_frame *frame = &walk->frames[i];
    if (frame->pinned) continue;
    if (!component_of(walk->path + frame->name_at, name)) return false;
    int renewed = bind_on_itself(walk->frames[i - 1].at, name);
    if (renewed < 0) return false;
    frame->at = renewed;
    frame->pinned = true;
  }
  return true;
}

static bool remember_link(struct walk *walk, const char *target, const struct rule *rule) {
  struct walk_link *grown = realloc(walk->links, (walk->link_count + 1) * sizeof *grown);
  if (!grown) return setup_fail_with(walk->run, ENOMEM, walk->path);
  walk->links = grown;
  grown[walk->link_count] = (struct walk_link){.target = strdup(target), .rule = rule};
  return grown[walk->link_count++].target ? true : setup_fail_with(walk->run, ENOMEM, walk->path);
}

static bool is_in_other_mount(const struct walk *walk, const char *path) {
  for (size_t i = 0; i < walk->run->order_count; i++) {
    const struct mount_order *other = &walk->run->orders[i];
    if (other != walk->order && path_is_within(path, other->target)) return true;
  }
  return false;
}

/* The link is held in place like a file; what it leads to is judged here. */
static bool note_link(struct walk *walk, const char *name, const struct rule *rule) {
  int folder = walk->frames[walk->depth].at;
  int target = openat(folder, name, O_PATH | O_CLOEXEC);
  if (target < 0) return rule->protect ? walk_gap(walk, rule, "a symbolic link that leads to nothing yet") : true;
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", target);
  ssize_t length = readlink(link, path, sizeof path - 1);
  close(target);
  if (length <= 0 || length == (ssize_t)sizeof path - 1) return walk_gap(walk, rule, "a symbolic link to a long path");
  path[length] = 0;
  const char *root = walk->order->target;
  if (is_in_other_mount(walk, path) && !path_is_within(root, path) && !path_is_within(path, root))
    return walk_gap(walk, rule, "a symbolic link into another mount");
  if (!path_is_within(path, root)) return true;
  if (strlen(path) == strlen(root)) return walk_gap(walk, rule, "a symbolic link to the mount itself");
  return remember_link(walk, path, rule);
}

static bool cover_at(struct walk *walk, int folder, const char *name) {
  int found = openat(folder, name, PATH_FLAGS);
  struct stat kind;
  if (found < 0) return false;
  bool covered = fstat(found, &kind) == 0;
  struct cover_place place = {.onto = found, .path = walk->path, .directory = covered && S_ISDIR(kind.st_mode)};
  covered = covered && cover_place(&walk->cover, &place);
  int failure = errno;
  close(found);
  errno = failure;
  return covered;
}

static bool protect_at(int folder, const char *name) {
  return bind_name(folder, name, KERNEL_ATTR_RDONLY);
}

/* What vanished meanwhile was not there when the walk began, as far as anyone can tell. */
static bool gap_unless_gone(struct walk *walk, const struct rule *rule) {
  return errno == ENOENT ? true : walk_gap(walk, rule, NULL);
}

bool walk_apply(struct walk *walk, const struct rules_name *name, const struct rules_match *match) {
  const struct rule *rule = match->deny ? match->deny : match->protect;
  if (name->link && !note_link(walk, name->text, rule)) return false;
  struct walk_frame *frame = &walk->frames[walk->depth];
  bool applied = (!pins(walk) || pin_ancestors(walk)) &&
                 (match->deny ? cover_at(walk, frame->at, name->text) : protect_at(frame->at, name->text));
  return applied ? true : gap_unless_gone(walk, rule);
}

/* Renamed with a folder around it, the cover goes along: nothing needs to be pinned. */
bool walk_close_door(struct walk *walk, const char *name) {
  return cover_at(walk, walk->frames[walk->depth].at, name) ? true : gap_unless_gone(walk, NULL);
}

/* Whether `descriptor` is the root of a mount (kernels from 5.8 tell; before, it is bound once more). */
static bool is_mount_root(int descriptor) {
  enum { MOUNT_ROOT = 0x2000, ATTRIBUTES_AT = 1 };
  uint64_t found[32] = {0};
  if (syscall(SYS_statx, descriptor, "", KERNEL_EMPTY_PATH, 0, found) != 0) return false;
  return found[ATTRIBUTES_AT] & MOUNT_ROOT;
}

static int enter(int folder, const char *name, bool pin) {
  int next = openat(folder, name, PATH_FLAGS | O_DIRECTORY);
  if (next < 0 || !pin || is_mount_root(next)) return next;
  close(next);
  return bind_on_itself(folder, name);
}

/* Walks down to the folder of a link's target, pinning the way; `*last` is the final name. */
static int open_parent(const struct walk *walk, const struct walk_link *link, const char **last) {
  char name[RULES_NAME_MAX + 1];
  const char *rest = link->target + strlen(walk->order->target);
  while (*rest == '/') rest++;
  int at = openat(walk->frames[0].at, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
  for (const char *slash = strchr(rest, '/'); at >= 0 && slash; slash = strchr(rest, '/')) {
    int next = component_of(rest, name) ? enter(at, name, pins(walk)) : -1;
    int failure = errno;
    close(at);
    errno = failure;
    at = next;
    rest = slash + 1;
  }
  *last = rest;
  return at;
}

static bool apply_link(struct walk *walk, const struct walk_link *link) {
  const char *last = NULL;
  walk->path_length = strlen(link->target);
  memcpy(walk->path, link->target, walk->path_length + 1);
  if (is_in_other_mount(walk, link->target) && walk_is_mounted_later(walk, link->target)) return true;
  int folder = open_parent(walk, link, &last);
  if (folder < 0) return gap_unless_gone(walk, link->rule);
  bool applied = link->rule->protect ? protect_at(folder, last) : cover_at(walk, folder, last);
  int failure = errno;
  close(folder);
  errno = failure;
  return applied ? true : gap_unless_gone(walk, link->rule);
}

/* Protected targets first: a cover made before would be cloned along, but not the other way round. */
bool walk_apply_links(struct walk *walk) {
  for (int protect = 1; protect >= 0; protect--)
    for (size_t i = 0; i < walk->link_count; i++)
      if (walk->links[i].rule->protect == (protect == 1) && !apply_link(walk, &walk->links[i])) return false;
  return true;
}
