#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "setup-kernel.h"
#include "setup-steps.h"

enum { SECURE_BITS_LOCKED = 0xef, SECCOMP_IS_FILTER = 2 };

static bool drop_privileges(struct setup_run *run) {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return setup_fail(run, "no_new_privs");
  /* Uid 0 means nothing special on exec or setuid, for good. */
  if (prctl(PR_SET_SECUREBITS, SECURE_BITS_LOCKED, 0, 0, 0) != 0) return setup_fail(run, "securebits");
  if (!kernel_drop_capabilities()) return setup_fail(run, "capabilities");
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return setup_fail(run, "dumpable");
  umask(022);
  return true;
}

static int compare(const void *left, const void *right) {
  return *(const int *)left - *(const int *)right;
}

static size_t kept_descriptors(const struct setup *state, int *kept) {
  size_t count = 0;
  kept[count++] = STDERR_FILENO;
  kept[count++] = state->link;
  for (size_t i = 0; i < state->scratch_count; i++) kept[count++] = state->scratch[i];
  for (size_t i = 0; i < state->overlay_count; i++) {
    kept[count++] = state->overlays[i].upper;
    kept[count++] = state->overlays[i].lower;
  }
  qsort(kept, count, sizeof *kept, compare);
  return count;
}

static bool replace_stdio(struct setup_run *run) {
  int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (nothing < 0) return setup_fail(run, "/dev/null");
  for (int standard = STDIN_FILENO; standard <= STDERR_FILENO; standard++)
    if (standard != run->state->link && dup2(nothing, standard) < 0) return setup_fail(run, "stdio");
  if (nothing > STDERR_FILENO) close(nothing);
  return true;
}

static bool close_others(struct setup_run *run) {
  int kept[2 + SETUP_SCRATCH_MAX + 2 * SETUP_OVERLAYS_MAX];
  size_t count = kept_descriptors(run->state, kept);
  unsigned from = STDERR_FILENO + 1;
  for (size_t i = 0; i < count; i++) {
    if (kept[i] <= STDERR_FILENO) continue;
    if (fcntl(kept[i], F_SETFD, FD_CLOEXEC) != 0) return setup_fail(run, "descriptors");
    if ((unsigned)kept[i] > from && kernel_close_range(from, (unsigned)kept[i] - 1) != 0)
      return setup_fail(run, "descriptors");
    from = (unsigned)kept[i] + 1;
  }
  return kernel_close_range(from, UINT_MAX) == 0 ? true : setup_fail(run, "descriptors");
}

/* Believes what the kernel says and does, not what was asked for. Changing propagation is harmless, were it allowed. */
static bool verify(struct setup_run *run) {
  if (!kernel_capabilities_are_gone()) return setup_fail_with(run, EPERM, "capabilities are left");
  if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) return setup_fail_with(run, EPERM, "no_new_privs is off");
  if (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0) return setup_fail_with(run, EPERM, "dumpable");
  if (mount(NULL, "/", NULL, MS_PRIVATE, NULL) == 0) return setup_fail_with(run, EPERM, "mount(2) is still allowed");
  if (errno != EPERM && errno != EACCES) return setup_fail(run, "mount(2)");
  return true;
}

static bool install_filter(struct setup_run *run) {
  struct setup *state = run->state;
  if (!state->filter) return true;
  if (kernel_seccomp(state->filter, state->filter_bytes / 8) != 0) return setup_fail(run, "seccomp");
  free(state->filter);
  state->filter = NULL;
  return prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == SECCOMP_IS_FILTER ? true : setup_fail_with(run, EPERM, "seccomp");
}

bool setup_lock(struct setup_run *run) {
  if (!drop_privileges(run) || !replace_stdio(run) || !close_others(run)) return false;
  if (!verify(run) || !install_filter(run)) return false;
  run->state->locked = true;
  return true;
}
