#ifndef CAISSON_BUILTIN_WATCHER_H
#define CAISSON_BUILTIN_WATCHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WATCH_CREATE = 1, WATCH_MODIFY = 2, WATCH_REMOVE = 3, WATCH_OVERFLOW = 4 };

struct watch_event {
  uint8_t type;
  bool directory;
  bool link;
  /* What the tree that it happened in was added with. */
  uint32_t tree;
  const char *path;
};

/* Who is told, and who says which folders are worth a watch. */
struct watch_listener {
  void *owner;
  void (*tell)(void *owner, const struct watch_event *event);
  /* NULL: every folder. */
  bool (*wants)(void *owner, uint32_t tree, const char *folder);
};

/* inotify over whole trees: new folders are watched too, and what was in them already is told of. */
struct watcher {
  int inotify;
  bool recursive;
  /* Modifications are told of, not only what comes and goes. */
  bool contents;
  struct watch_listener listener;
  struct watched *table;
  size_t room;
};

struct watched {
  char *path;
  uint32_t tree;
  bool root;
};

/* False with errno. Set `recursive`, `contents` and `listener` before. */
bool watcher_open(struct watcher *watcher);

/* Watches a folder with all below it, or one file. False with errno when not even `path` can be watched. */
bool watcher_add(struct watcher *watcher, const char *path, uint32_t tree);

/* Reads what inotify has and tells; false with errno. */
bool watcher_read(struct watcher *watcher);

/* The same until inotify has nothing left, or for a bounded number of reads. */
bool watcher_drain(struct watcher *watcher);

void watcher_close(struct watcher *watcher);

#endif
