#ifndef CAISSON_SETUP_STEPS_H
#define CAISSON_SETUP_STEPS_H

#include "rules.h"
#include "setup.h"

/* Between the files of set-up: one MOUNT operation, the gaps found so far, and the single steps. */

enum { ACCESS_READ = 0, ACCESS_WRITE = 1, ACCESS_OVERLAY = 2 };

struct setup_gap {
  uint32_t index;
  char *rule;
  char *path;
  char *why;
};

struct setup_gaps {
  struct setup_gap *list;
  size_t count;
};

struct mount_order {
  uint32_t index;
  uint8_t access;
  bool is_file;
  char *staged;
  char *target;
  uint64_t upper_bytes;
  struct rules rules;
};

/* One run of set-up. */
struct setup_run {
  struct setup *state;
  struct setup_error *error;
  struct setup_gaps gaps;
  struct mount_order *orders;
  size_t order_count;
  /* O_PATH of /proc/sys/user, from before READONLY: IDENTITY comes after it. */
  int namespace_limits;
};

/* Fills run->error from errno; always false, so that a step can end with it. */
bool setup_fail(struct setup_run *run, const char *detail);
bool setup_fail_with(struct setup_run *run, int errnum, const char *detail);

/* Whether `path` is `folder` or lies below it. */
bool path_is_within(const char *path, const char *folder);

/* Appends a gap; false when memory or the bound is gone. */
bool setup_gap_add(struct setup_run *run, const struct setup_gap *gap);

/* The mount point for an order, made when it is missing and may be made; O_PATH descriptor or -1. */
int setup_mount_point(struct setup_run *run, const struct mount_order *order);

/* Performs order number `at` of run->orders. */
bool setup_mount(struct setup_run *run, size_t at);

/* Mounts the overlay of `order` over `onto` and records it in the state. */
bool setup_overlay(struct setup_run *run, const struct mount_order *order, int onto);

/* Covers and protects inside the mount of order number `at`. */
bool setup_rules(struct setup_run *run, size_t at);

bool setup_hide(struct setup_run *run, const char *path);
bool setup_read_only(struct setup_run *run, const char *path);
bool setup_proc_check(struct setup_run *run);
bool setup_identity(struct setup_run *run, uint32_t uid, uint32_t gid);
bool setup_lock(struct setup_run *run);

#endif
