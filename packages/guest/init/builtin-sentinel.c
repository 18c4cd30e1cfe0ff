#define _GNU_SOURCE
#include "builtin-sentinel.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "builtin-list.h"
#include "builtin-pipe.h"
#include "builtin-watcher.h"
#include "wire.h"

enum { INPUT_MAX = 4 * 1024 * 1024, RECORDS_MAX = 16 * 1024 * 1024, FLUSH_AT = 65536 };
enum { WHICH_DENY = 0, WHICH_PROTECT = 1 };
/* In the place of a mount index: nothing is left to tell. */
static const uint32_t SETTLED = UINT32_MAX;

struct guard {
  struct sentinel sentinel;
  struct writer records;
  bool gone;
};

static void tell(void *owner, const struct watch_event *event) {
  struct guard *guard = owner;
  struct rules_match match;
  if (event->type == WATCH_OVERFLOW) pipe_note("not everything is watched", event->path);
  if (event->type != WATCH_CREATE) return;
  struct sentinel_mount *mount = &guard->sentinel.mounts[event->tree];
  struct sentinel_path path = {.path = event->path, .directory = event->directory, .link = event->link};
  sentinel_match(mount, &path, &match);
  const struct rule *rule = match.deny ? match.deny : match.protect;
  if (!rule) return;
  w_u32(&guard->records, mount->index);
  w_u8(&guard->records, match.deny ? WHICH_DENY : WHICH_PROTECT);
  w_str(&guard->records, rule->id);
  w_str(&guard->records, event->path);
  if (guard->records.used >= FLUSH_AT && !pipe_flush(&guard->records)) guard->gone = true;
}

static bool wants(void *owner, uint32_t tree, const char *folder) {
  struct guard *guard = owner;
  struct rules_match match;
  struct sentinel_path path = {.path = folder, .directory = true};
  return sentinel_match(&guard->sentinel.mounts[tree], &path, &match);
}

/* The host asks, a byte at a time, whether everything so far was told; it is, once inotify has nothing left. */
static bool answer(struct guard *guard, bool *asking) {
  uint8_t questions[64];
  ssize_t count = read(STDIN_FILENO, questions, sizeof questions);
  if (count < 0) return errno == EINTR;
  if (count == 0) *asking = false;
  for (ssize_t i = 0; i < count; i++) {
    w_u32(&guard->records, SETTLED);
    w_u8(&guard->records, WHICH_DENY);
    w_str(&guard->records, "");
    w_str(&guard->records, "");
  }
  return true;
}

static int serve(struct watcher *watcher, struct guard *guard) {
  struct pollfd wait[2] = {{.fd = watcher->inotify, .events = POLLIN}, {.fd = STDIN_FILENO, .events = POLLIN}};
  for (bool asking = true;;) {
    wait[1].fd = asking ? STDIN_FILENO : -1;
    if (poll(wait, 2, -1) < 0 && errno != EINTR) return pipe_fail("poll", "sentinel");
    /* After the question was asked, before it is answered: what happened before it is in the queue by then. */
    if (!watcher_drain(watcher)) return pipe_fail("read", "sentinel");
    if (wait[1].revents != 0 && !answer(guard, &asking)) return pipe_fail("read", "stdin");
    if (guard->gone || !pipe_flush(&guard->records)) return pipe_fail("write", "sentinel");
  }
}

/* Its length, then the list of mounts; what follows on stdin are questions. */
static bool read_mounts(struct guard *guard) {
  uint8_t prefix[4];
  if (pipe_read(STDIN_FILENO, prefix, sizeof prefix) != sizeof prefix) return false;
  struct reader length = r_over(prefix, sizeof prefix);
  uint32_t size = r_u32(&length);
  uint8_t *list = size <= INPUT_MAX ? malloc(size) : NULL;
  if (!list) return false;
  bool legal = pipe_read(STDIN_FILENO, list, size) == size;
  struct reader from = r_over(list, size);
  legal = legal && sentinel_read(&from, &guard->sentinel);
  free(list);
  return legal;
}

static int watch_all(struct guard *guard) {
  struct watcher watcher = {.recursive = true};
  watcher.listener = (struct watch_listener){.owner = guard, .tell = tell, .wants = wants};
  if (!watcher_open(&watcher)) return pipe_fail("inotify", "sentinel");
  for (size_t i = 0; i < guard->sentinel.count; i++)
    if (!watcher_add(&watcher, guard->sentinel.mounts[i].target, (uint32_t)i))
      pipe_note("not watched", guard->sentinel.mounts[i].target);
  int code = serve(&watcher, guard);
  watcher_close(&watcher);
  return code;
}

int builtin_sentinel(const struct builtin_context *context) {
  struct guard guard = {.records = w_growing(RECORDS_MAX)};
  bool legal = read_mounts(&guard);
  errno = EPROTO;
  int code = legal ? watch_all(&guard) : pipe_fail(context->argv[0], "stdin");
  sentinel_free(&guard.sentinel);
  w_free(&guard.records);
  return code;
}
