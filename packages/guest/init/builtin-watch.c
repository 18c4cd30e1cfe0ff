#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "builtin-list.h"
#include "builtin-pipe.h"
#include "builtin-watcher.h"

enum { RECORDS_MAX = 16 * 1024 * 1024, FLUSH_AT = 65536 };

struct watch {
  const char *root;
  struct writer records;
  bool gone;
};

static void tell(void *owner, const struct watch_event *event) {
  struct watch *watch = owner;
  w_u8(&watch->records, event->type);
  w_str(&watch->records, event->type == WATCH_OVERFLOW ? watch->root : event->path);
  if (watch->records.used >= FLUSH_AT && !pipe_flush(&watch->records)) watch->gone = true;
}

/* Until stdin ends. What is sent on it means nothing. */
static bool is_over(void) {
  char ignored[4096];
  ssize_t got = read(STDIN_FILENO, ignored, sizeof ignored);
  return got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN);
}

static int serve(struct watcher *watcher, struct watch *watch) {
  struct pollfd waits[2] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = watcher->inotify, .events = POLLIN}};
  for (;;) {
    if (poll(waits, 2, -1) < 0 && errno != EINTR) return pipe_fail("poll", watch->root);
    if (waits[0].revents && is_over()) return 0;
    if (waits[1].revents && !watcher_read(watcher)) return pipe_fail("read", watch->root);
    if (watch->gone || !pipe_flush(&watch->records)) return pipe_fail("write", watch->root);
  }
}

int builtin_watch(const struct builtin_context *context) {
  struct watch watch = {.root = context->argv[1], .records = w_growing(RECORDS_MAX)};
  struct watcher watcher = {.recursive = strcmp(context->argv[2], "1") == 0, .contents = true};
  watcher.listener = (struct watch_listener){.owner = &watch, .tell = tell};
  errno = EINVAL;
  if (watch.root[0] != '/') return pipe_fail("watch", watch.root);
  if (!watcher_open(&watcher)) return pipe_fail("inotify", watch.root);
  int code = watcher_add(&watcher, watch.root, 0) ? serve(&watcher, &watch) : pipe_fail("watch", watch.root);
  watcher_close(&watcher);
  w_free(&watch.records);
  return code;
}
