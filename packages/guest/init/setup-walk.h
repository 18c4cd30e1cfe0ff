#ifndef CAISSON_SETUP_WALK_H
#define CAISSON_SETUP_WALK_H

#include "rules-cache.h"
#include "setup-cover.h"

enum { WALK_DEPTH_MAX = 256, WALK_ENTRIES_MAX = 5000000, WALK_PATH_MAX = 65536, WALK_BUFFER = 65536 };

/* What a gap names that no rule of the policy asked for. */
#define WALK_DOOR_RULE "process.hostSockets"

/* One folder on the way down. */
struct walk_frame {
  /* What is listed, and what paths are opened from: a newer mount of the same folder once it is bound on itself. */
  int listing;
  int at;
  /* Bound on itself, or read-only anyway, so that it cannot be renamed. */
  bool pinned;
  /* Its own level, or one that other folders have as well. */
  const struct rules_level *level;
  struct rules_level own;
  uint64_t *next;
  char *buffer;
  /* Where its own name starts in walk.path. */
  size_t name_at;
};

/* A symbolic link that matched: its target is seen to after the walk. */
struct walk_link {
  char *target;
  const struct rule *rule;
};

struct walk {
  struct setup_run *run;
  const struct mount_order *order;
  struct cover cover;
  /* Sockets and FIFOs are covered, so that no folder can be left out. Overlays make those of the host unreachable. */
  bool doors;
  /* A later MOUNT operation lies in this mount. */
  bool nested;
  struct rules_cache cache;
  struct walk_frame *frames;
  size_t depth;
  char *path;
  size_t path_length;
  uint32_t entries;
  struct walk_link *links;
  size_t link_count;
};

/* Hides, or protects, `name` of the innermost frame; walk->path is its path. */
bool walk_apply(struct walk *walk, const struct rules_name *name, const struct rules_match *match);

/* Covers the socket or FIFO `name` of the innermost frame. */
bool walk_close_door(struct walk *walk, const char *name);

/* Sees to what the matched links lead to. */
bool walk_apply_links(struct walk *walk);

/* Notes a gap for the current path, from errno when `why` is NULL. */
bool walk_gap(struct walk *walk, const struct rule *rule, const char *why);

/* Whether another MOUNT operation, later in the list, covers exactly this path. */
bool walk_is_mounted_later(const struct walk *walk, const char *path);

#endif
