/* The walk over a mount that finds what its rules name. */
#define _GNU_SOURCE
#include "setup-walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "setup-kernel.h"

/* As getdents64(2) lays it out. */
struct raw_entry {
  uint64_t inode;
  int64_t offset;
  uint16_t length;
  uint8_t type;
  char name[];
};

static bool walk_folder(struct walk *walk);

bool walk_is_mounted_later(const struct walk *walk, const char *path) {
  for (size_t i = walk->cover.order_number + 1; i < walk->run->order_count; i++)
    if (strcmp(walk->run->orders[i].target, path) == 0) return true;
  return false;
}

bool walk_gap(struct walk *walk, const struct rule *rule, const char *why) {
  struct setup_gap gap = {
      .index = walk->order->index,
      .rule = rule ? rule->id : (char *)WALK_DOOR_RULE,
      .path = walk->path,
      .why = (char *)(why ? why : strerror(errno)),
  };
  return setup_gap_add(walk->run, &gap);
}

static bool prepare_frame(struct walk *walk, struct walk_frame *frame) {
  if (frame->buffer) return true;
  frame->buffer = malloc(WALK_BUFFER);
  frame->next = calloc(walk->order->rules.words + 1, sizeof *frame->next);
  return frame->buffer && frame->next && rules_level_new(&walk->order->rules, &frame->own);
}

static void free_frames(struct walk *walk) {
  for (size_t i = 0; i < WALK_DEPTH_MAX; i++) {
    struct walk_frame *frame = &walk->frames[i];
    free(frame->buffer);
    free(frame->next);
    rules_level_free(&frame->own);
  }
  free(walk->frames);
}

static void close_frame(struct walk_frame *frame) {
  if (frame->at != frame->listing) close(frame->at);
  close(frame->listing);
}

/* A folder that nobody inside can pass through either hides nothing and needs no word. */
static bool note_unreadable(struct walk *walk, const struct rules_name *name, const uint64_t *next) {
  int failure = errno;
  struct walk_frame *frame = &walk->frames[walk->depth];
  if (failure == ENOENT || failure == ENOTDIR || failure == ELOOP) return true;
  if (failure == EACCES && faccessat(frame->at, name->text, X_OK, AT_EACCESS) != 0) return true;
  errno = failure;
  return walk_gap(walk, rules_alive(&walk->order->rules, next), NULL);
}

/* Without `next` the folder is as the one around it. */
static void enter_level(struct walk *walk, struct walk_frame *frame, const uint64_t *next) {
  const struct rules *rules = &walk->order->rules;
  frame->level = next ? rules_cache_enter(&walk->cache, rules, next) : frame[-1].level;
  if (frame->level) return;
  rules_level_enter(rules, &frame->own, next);
  frame->level = &frame->own;
}

static bool descend(struct walk *walk, const struct rules_name *name, const uint64_t *next) {
  struct walk_frame *parent = &walk->frames[walk->depth];
  const struct rules *rules = &walk->order->rules;
  const uint64_t *alive = next ? next : parent->level->alive;
  if (walk->depth + 1 >= WALK_DEPTH_MAX) return walk_gap(walk, rules_alive(rules, alive), "too deep to be looked at");
  int folder = openat(parent->at, name->text, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (folder < 0) return note_unreadable(walk, name, alive);
  struct walk_frame *frame = &walk->frames[walk->depth + 1];
  if (!prepare_frame(walk, frame)) return close(folder), setup_fail_with(walk->run, ENOMEM, walk->path);
  frame->listing = frame->at = folder;
  frame->pinned = false;
  frame->name_at = walk->path_length - name->length;
  enter_level(walk, frame, next);
  walk->depth++;
  bool done = walk_folder(walk);
  walk->depth--;
  close_frame(frame);
  return done;
}

static bool visit_matched(struct walk *walk, const struct rules_name *name) {
  struct walk_frame *frame = &walk->frames[walk->depth];
  const struct rules *rules = &walk->order->rules;
  struct rules_match match;
  bool more = rules_step(rules, frame->level, name, frame->next, &match);
  bool applies = match.deny || match.protect;
  if (applies && !walk_apply(walk, name, &match)) return false;
  if (match.deny) return true;
  if (name->door && walk->doors) return walk_close_door(walk, name->text);
  if (!name->directory) return true;
  if (match.protect) more = rules_keep_deny(rules, frame->next);
  return (!more && !walk->doors) || descend(walk, name, frame->next);
}

static bool visit(struct walk *walk, const struct rules_name *name) {
  const struct rules_level *level = walk->frames[walk->depth].level;
  if (walk->nested && walk_is_mounted_later(walk, walk->path)) return true;
  if (!rules_miss(level, name)) return visit_matched(walk, name);
  if (name->door) return !walk->doors || walk_close_door(walk, name->text);
  if (!level->steady) return visit_matched(walk, name);
  return (level->idle && !walk->doors) || descend(walk, name, NULL);
}

static void classify(const struct walk_frame *frame, const struct raw_entry *entry, struct rules_name *name) {
  uint8_t type = entry->type;
  struct stat found;
  if (type == DT_UNKNOWN && fstatat(frame->at, entry->name, &found, AT_SYMLINK_NOFOLLOW) == 0)
    type = IFTODT(found.st_mode);
  name->text = entry->name;
  name->length = strlen(entry->name);
  name->directory = type == DT_DIR;
  name->link = type == DT_LNK;
  name->door = type == DT_SOCK || type == DT_FIFO;
}

static bool is_dots(const char *name) {
  return name[0] == '.' && (name[1] == 0 || (name[1] == '.' && name[2] == 0));
}

static bool visit_entry(struct walk *walk, const struct raw_entry *entry) {
  if (is_dots(entry->name)) return true;
  if (++walk->entries > WALK_ENTRIES_MAX) return setup_fail_with(walk->run, E2BIG, "more than 5000000 files");
  struct rules_name name;
  struct walk_frame *frame = &walk->frames[walk->depth];
  classify(frame, entry, &name);
  if (!name.directory && !name.door && rules_miss(frame->level, &name)) return true;
  size_t before = walk->path_length;
  if (before + name.length + 2 > WALK_PATH_MAX) return setup_fail_with(walk->run, ENAMETOOLONG, walk->order->target);
  walk->path[before] = '/';
  memcpy(walk->path + before + 1, name.text, name.length + 1);
  walk->path_length = before + 1 + name.length;
  bool done = visit(walk, &name);
  walk->path_length = before;
  walk->path[before] = 0;
  return done;
}

static bool walk_folder(struct walk *walk) {
  struct walk_frame *frame = &walk->frames[walk->depth];
  for (;;) {
    long filled = syscall(SYS_getdents64, frame->listing, frame->buffer, WALK_BUFFER);
    if (filled == 0) return true;
    if (filled < 0) return walk_gap(walk, rules_alive(&walk->order->rules, frame->level->alive), NULL);
    for (long at = 0; at < filled;) {
      const struct raw_entry *entry = (const struct raw_entry *)(const void *)(frame->buffer + at);
      at += entry->length;
      if (!visit_entry(walk, entry)) return false;
    }
  }
}

static bool walk_from(struct walk *walk) {
  struct walk_frame *root = &walk->frames[0];
  const char *target = walk->order->target;
  root->listing = open(target, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (root->listing < 0) return setup_fail(walk->run, target);
  root->at = root->listing;
  root->pinned = true;
  walk->path_length = strlen(target);
  memcpy(walk->path, target, walk->path_length + 1);
  bool done = prepare_frame(walk, root);
  root->level = &root->own;
  if (done) rules_level_start(&walk->order->rules, &root->own);
  done = done ? walk_folder(walk) && walk_apply_links(walk) : setup_fail_with(walk->run, ENOMEM, target);
  close_frame(root);
  return done;
}

static bool has_mounts_inside(const struct setup_run *run, size_t at) {
  for (size_t i = at + 1; i < run->order_count; i++)
    if (path_is_within(run->orders[i].target, run->orders[at].target)) return true;
  return false;
}

bool setup_rules(struct setup_run *run, size_t at) {
  struct mount_order *order = &run->orders[at];
  bool doors = order->access != ACCESS_OVERLAY;
  if (order->is_file || (order->rules.count == 0 && !doors)) return true;
  struct walk walk = {
      .run = run,
      .order = order,
      .cover = cover_start(run, at),
      .doors = doors,
      .nested = has_mounts_inside(run, at),
      .frames = calloc(WALK_DEPTH_MAX, sizeof *walk.frames),
      .path = malloc(WALK_PATH_MAX),
  };
  bool done = walk.frames && walk.path ? walk_from(&walk) : setup_fail_with(run, ENOMEM, order->target);
  cover_end(&walk.cover);
  for (size_t i = 0; i < walk.link_count; i++) free(walk.links[i].target);
  free(walk.links);
  if (walk.frames) free_frames(&walk);
  rules_cache_free(&walk.cache);
  free(walk.path);
  return done;
}
