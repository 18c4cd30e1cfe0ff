#ifndef CAISSON_SETUP_READ_H
#define CAISSON_SETUP_READ_H

#include "setup-doors.h"
#include "setup-steps.h"

enum { SETUP_STEPS_MAX = 16384, SETUP_FILTER_MAX = 4096 * 8 };

/* One operation; which fields count depends on `kind` (OPERATION_*). */
struct setup_step {
  uint8_t kind;
  /* MOUNT: its place in setup_plan.orders. */
  size_t order;
  /* HIDE, READONLY, SCRATCH. */
  char *path;
  /* IDENTITY: uid and gid; RLIMIT: resource in `first`. */
  uint32_t first;
  uint32_t second;
  uint64_t value;
  /* SECCOMP: borrowed from the reader's bytes. */
  const uint8_t *program;
  size_t program_bytes;
  struct setup_doors doors;
};

struct setup_plan {
  struct setup_step *steps;
  size_t step_count;
  struct mount_order *orders;
  size_t order_count;
};

/* Decodes a list<op>, without any effect. False when a byte of it is not as PROTOCOL.md says. */
bool setup_read(struct reader *ops, struct setup_plan *plan);
void setup_plan_free(struct setup_plan *plan);

#endif
