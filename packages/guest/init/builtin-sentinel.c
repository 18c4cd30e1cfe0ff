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

static int serve(struct watcher *watcher, struct guard *guard) {
  struct pollfd wait = {.fd = watcher->inotify, .events = POLLIN};
  for (;;) {
    if (poll(&wait, 1, -1) < 0 && errno != EINTR) return pipe_fail("poll", "sentinel");
    if (!watcher_read(watcher)) return pipe_fail("read", "sentinel");
    if (guard->gone || !pipe_flush(&guard->records)) return pipe_fail("write", "sentinel");
  }
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
  struct writer input = w_growing(INPUT_MAX);
  if (!pipe_read_all(STDIN_FILENO, &input)) return pipe_fail("read", "stdin");
  struct reader from = r_over(input.bytes, input.used);
  bool legal = sentinel_read(&from, &guard.sentinel);
  w_free(&input);
  errno = EPROTO;
  int code = legal ? watch_all(&guard) : pipe_fail(context->argv[0], "stdin");
  sentinel_free(&guard.sentinel);
  w_free(&guard.records);
  return code;
}
