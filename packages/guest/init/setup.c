#define _GNU_SOURCE
#include "setup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "protocol.h"
#include "setup-kernel.h"
#include "setup-read.h"
#include "setup-steps.h"
#include "wire.h"

enum { GAPS_MAX = 10000, SCRATCH_LOW_BYTES = 64 * 1024 };

bool setup_fail_with(struct setup_run *run, int errnum, const char *detail) {
  run->error->errnum = errnum;
  snprintf(run->error->detail, sizeof run->error->detail, "%s", detail);
  return false;
}

bool setup_fail(struct setup_run *run, const char *detail) {
  return setup_fail_with(run, errno, detail);
}

bool setup_gap_add(struct setup_run *run, const struct setup_gap *gap) {
  struct setup_gaps *gaps = &run->gaps;
  if (gaps->count >= GAPS_MAX) return setup_fail_with(run, E2BIG, "too many gaps");
  struct setup_gap *grown = realloc(gaps->list, (gaps->count + 1) * sizeof *grown);
  if (!grown) return setup_fail_with(run, ENOMEM, gap->path);
  gaps->list = grown;
  struct setup_gap *copy = &grown[gaps->count++];
  *copy = (struct setup_gap){
      .index = gap->index, .rule = strdup(gap->rule), .path = strdup(gap->path), .why = strdup(gap->why)};
  return copy->rule && copy->path && copy->why ? true : setup_fail_with(run, ENOMEM, gap->path);
}

static void write_gaps(struct setup_gaps *gaps, struct writer *to) {
  w_u32(to, (uint32_t)gaps->count);
  for (size_t i = 0; i < gaps->count; i++) {
    struct setup_gap *gap = &gaps->list[i];
    w_u32(to, gap->index);
    w_str(to, gap->rule);
    w_str(to, gap->path);
    w_str(to, gap->why);
  }
}

static void free_gaps(struct setup_gaps *gaps) {
  for (size_t i = 0; i < gaps->count; i++) {
    free(gaps->list[i].rule);
    free(gaps->list[i].path);
    free(gaps->list[i].why);
  }
  free(gaps->list);
}

/* A bound that may not be raised to the wished one stays at the stricter one that holds already. */
static bool set_limit(struct setup_run *run, const struct setup_step *step) {
  if (step->first == RLIMIT_NOFILE) return run->state->open_files = step->value, true;
  struct rlimit now;
  if (getrlimit((int)step->first, &now) != 0) return setup_fail(run, "resource");
  rlim_t value = step->value < now.rlim_max ? (rlim_t)step->value : now.rlim_max;
  struct rlimit wished = {.rlim_cur = value, .rlim_max = value};
  return setrlimit((int)step->first, &wished) == 0 ? true : setup_fail(run, "resource");
}

static bool keep_scratch(struct setup_run *run, const char *path) {
  struct setup *state = run->state;
  if (state->scratch_count >= SETUP_SCRATCH_MAX) return setup_fail_with(run, ENOSPC, path);
  int found = kernel_open_path(AT_FDCWD, path);
  if (found < 0) return setup_fail(run, path);
  state->scratch[state->scratch_count++] = found;
  return true;
}

static bool keep_program(struct setup_run *run, const struct setup_step *step) {
  free(run->state->filter);
  run->state->filter = malloc(step->program_bytes);
  if (!run->state->filter) return setup_fail_with(run, ENOMEM, "program");
  memcpy(run->state->filter, step->program, step->program_bytes);
  run->state->filter_bytes = step->program_bytes;
  return true;
}

static bool perform(struct setup_run *run, const struct setup_step *step) {
  switch (step->kind) {
    case OPERATION_MOUNT: return setup_mount(run, step->order);
    case OPERATION_HIDE: return setup_hide(run, step->path);
    case OPERATION_READONLY: return setup_read_only(run, step->path);
    case OPERATION_IDENTITY: return setup_identity(run, step->first, step->second);
    case OPERATION_RLIMIT: return set_limit(run, step);
    case OPERATION_SECCOMP: return keep_program(run, step);
    case OPERATION_PROCCHECK: return setup_proc_check(run);
    case OPERATION_DOORS: return setup_doors(run, &step->doors);
    case OPERATION_SCRATCH: return keep_scratch(run, step->path);
    case OPERATION_LOCK: return setup_lock(run);
    default: return setup_fail_with(run, EPROTO, "operation");
  }
}

static const char *stage_of(uint8_t kind) {
  static const char *const names[] = {
      [OPERATION_MOUNT] = "mount",         [OPERATION_HIDE] = "hide",
      [OPERATION_READONLY] = "read-only",  [OPERATION_IDENTITY] = "identity",
      [OPERATION_RLIMIT] = "rlimit",       [OPERATION_SECCOMP] = "seccomp",
      [OPERATION_PROCCHECK] = "proc-check", [OPERATION_LOCK] = "lock",
      [OPERATION_SCRATCH] = "scratch",     [OPERATION_DOORS] = "doors",
  };
  return kind < sizeof names / sizeof *names && names[kind] ? names[kind] : "setup";
}

/* Mounts made here must not show up where the sandbox's own namespace was copied from. */
static bool prepare(struct setup_run *run) {
  struct rlimit files;
  umask(0);
  if (getrlimit(RLIMIT_NOFILE, &files) != 0) return setup_fail(run, "descriptors");
  files.rlim_cur = files.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &files) != 0) return setup_fail(run, "descriptors");
  run->namespace_limits = kernel_open_path(AT_FDCWD, "/proc/sys/user");
  if (run->namespace_limits < 0) return setup_fail(run, "/proc/sys/user");
  return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 ? true : setup_fail(run, "propagation");
}

static bool perform_all(struct setup_run *run, const struct setup_plan *plan) {
  run->orders = plan->orders;
  run->order_count = plan->order_count;
  run->error->stage = "setup";
  if (!prepare(run)) return false;
  for (size_t i = 0; i < plan->step_count; i++) {
    run->error->stage = stage_of(plan->steps[i].kind);
    if (!perform(run, &plan->steps[i])) return false;
  }
  return true;
}

bool setup_perform(struct reader *ops, struct setup *state, struct setup_error *error, struct writer *gaps) {
  struct setup_plan plan;
  struct setup_run run = {.state = state, .error = error};
  *error = (struct setup_error){.stage = "setup", .errnum = EPROTO, .detail = "malformed"};
  bool done = setup_read(ops, &plan) && perform_all(&run, &plan);
  if (done) write_gaps(&run.gaps, gaps);
  free_gaps(&run.gaps);
  setup_plan_free(&plan);
  return done && state->locked;
}

static bool is_full(int descriptor) {
  struct statvfs room;
  if (fstatvfs(descriptor, &room) != 0) return false;
  if (room.f_files != 0 && room.f_favail == 0) return true;
  return (uint64_t)room.f_bavail * room.f_frsize < SCRATCH_LOW_BYTES;
}

bool setup_scratch_full(const struct setup *state) {
  for (size_t i = 0; i < state->scratch_count; i++)
    if (is_full(state->scratch[i])) return true;
  for (size_t i = 0; i < state->overlay_count; i++)
    if (is_full(state->overlays[i].upper)) return true;
  return false;
}
