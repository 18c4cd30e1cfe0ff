#ifndef CAISSON_SETUP_H
#define CAISSON_SETUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reader;
struct writer;

enum { SETUP_OVERLAYS_MAX = 64, SETUP_SCRATCH_MAX = 16, SETUP_MOUNTS_MAX = 4096 };

/* An overlay mount, as the builtins that read or undo changes need it. All descriptors are close-on-exec. */
struct setup_overlay {
  uint32_t index;
  char *target;
  /* O_RDONLY directories outside every path that the sandbox can name: the tmpfs is detached from the tree. */
  int upper;
  /* A read-only clone of the host's folder. */
  int lower;
};

/* Where something is mounted, by MOUNT operation. */
struct setup_mount {
  uint32_t index;
  uint8_t access;
  char *target;
};

/* A mount point that init itself made inside an overlay; `changes` does not tell of it. */
struct setup_made {
  char *path;
};

/* What is kept after set-up. The caller zeroes it and sets `link` before setup_perform. */
struct setup {
  int link;
  struct setup_overlay overlays[SETUP_OVERLAYS_MAX];
  size_t overlay_count;
  struct setup_mount *mounts;
  size_t mount_count;
  struct setup_made *made;
  size_t made_count;
  int scratch[SETUP_SCRATCH_MAX];
  size_t scratch_count;
  /* Soft = hard RLIMIT_NOFILE for commands; 0 leaves what init has. Set in the child. */
  uint64_t open_files;
  /* The seccomp program, until LOCK installs it. */
  void *filter;
  size_t filter_bytes;
  bool locked;
};

struct setup_error {
  const char *stage;
  int errnum;
  char detail[512];
};

/*
 * Performs a list<op> of PROTOCOL.md and appends list<gap> to `gaps`. False leaves `error` filled; the process is then
 * fit for nothing but saying so and exiting. LOCK closes every descriptor but `state->link` and those of `state`, so
 * open epoll, signalfd and the like afterwards.
 */
bool setup_perform(struct reader *ops, struct setup *state, struct setup_error *error, struct writer *gaps);

/* Whether a scratch path or an overlay's upper layer has less than 64 KiB or no inode left. */
bool setup_scratch_full(const struct setup *state);

const struct setup_overlay *setup_overlay_find(const struct setup *state, uint32_t index);

#endif
