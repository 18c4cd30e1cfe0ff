#define _GNU_SOURCE
#include "builtin-watcher.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WATCHER_PATH_MAX = 4096, WATCHER_DEPTH_MAX = 256, WATCHES_MAX = 4000000 };
enum { DRAIN_READS_MAX = 64 };

static const uint32_t COMING_AND_GOING =
    IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_EXCL_UNLINK;

/* A folder or file that is being looked at, and whether what is in it is news. */
struct visit {
  char path[WATCHER_PATH_MAX];
  size_t length;
  uint32_t tree;
  bool announce;
  int depth;
};

static void add_below(struct watcher *watcher, struct visit *visit);

bool watcher_open(struct watcher *watcher) {
  watcher->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  return watcher->inotify >= 0;
}

void watcher_close(struct watcher *watcher) {
  for (size_t i = 0; i < watcher->room; i++) free(watcher->table[i].path);
  free(watcher->table);
  close(watcher->inotify);
}

static void tell(struct watcher *watcher, const struct watch_event *event) {
  watcher->listener.tell(watcher->listener.owner, event);
}

static bool make_room(struct watcher *watcher, size_t descriptor) {
  if (descriptor < watcher->room) return true;
  if (descriptor >= WATCHES_MAX) return errno = ENOSPC, false;
  size_t room = descriptor * 2 + 64;
  struct watched *grown = realloc(watcher->table, room * sizeof *grown);
  if (!grown) return false;
  memset(grown + watcher->room, 0, (room - watcher->room) * sizeof *grown);
  watcher->table = grown;
  watcher->room = room;
  return true;
}

static bool watch_one(struct watcher *watcher, const struct visit *visit) {
  uint32_t mask = COMING_AND_GOING | IN_DONT_FOLLOW;
  if (watcher->contents) mask |= IN_MODIFY | IN_ATTRIB;
  if (visit->depth > 0) mask |= IN_ONLYDIR;
  int descriptor = inotify_add_watch(watcher->inotify, visit->path, mask);
  if (descriptor < 0 || !make_room(watcher, (size_t)descriptor)) return false;
  struct watched *slot = &watcher->table[descriptor];
  char *path = strdup(visit->path);
  if (!path) return false;
  free(slot->path);
  *slot = (struct watched){.path = path, .tree = visit->tree, .root = visit->depth == 0};
  return true;
}

static bool is_dots(const char *name) {
  return name[0] == '.' && (name[1] == 0 || (name[1] == '.' && name[2] == 0));
}

static bool push(struct visit *visit, const char *name) {
  size_t length = strlen(name);
  if (visit->length + length + 2 > sizeof visit->path) return false;
  if (visit->path[visit->length - 1] != '/') visit->path[visit->length++] = '/';
  memcpy(visit->path + visit->length, name, length + 1);
  visit->length += length;
  return true;
}

static uint8_t kind_of(const struct visit *visit, const struct dirent *entry) {
  struct stat found;
  if (entry->d_type != DT_UNKNOWN) return entry->d_type;
  if (lstat(visit->path, &found) != 0) return DT_REG;
  return S_ISDIR(found.st_mode) ? DT_DIR : S_ISLNK(found.st_mode) ? DT_LNK : DT_REG;
}

static void visit_entry(struct watcher *watcher, struct visit *visit, const struct dirent *entry) {
  size_t before = visit->length;
  if (is_dots(entry->d_name) || !push(visit, entry->d_name)) return;
  uint8_t kind = kind_of(visit, entry);
  struct watch_event event = {.type = WATCH_CREATE, .directory = kind == DT_DIR, .link = kind == DT_LNK,
                              .tree = visit->tree, .path = visit->path};
  if (visit->announce) tell(watcher, &event);
  if (event.directory) add_below(watcher, visit);
  visit->length = before;
  visit->path[before] = 0;
}

/* The watch comes before the listing: what is made in between is told of twice rather than not at all. */
static bool add_folder(struct watcher *watcher, struct visit *visit) {
  if (!watch_one(watcher, visit)) return false;
  if (!watcher->recursive) return true;
  int folder = open(visit->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  DIR *list = folder < 0 ? NULL : fdopendir(folder);
  if (!list) return folder < 0 || close(folder) == 0;
  for (struct dirent *entry = readdir(list); entry; entry = readdir(list)) visit_entry(watcher, visit, entry);
  closedir(list);
  return true;
}

static void add_below(struct watcher *watcher, struct visit *visit) {
  const struct watch_listener *listener = &watcher->listener;
  if (visit->depth >= WATCHER_DEPTH_MAX) return;
  if (listener->wants && !listener->wants(listener->owner, visit->tree, visit->path)) return;
  visit->depth++;
  bool lost = !add_folder(watcher, visit) && (errno == ENOSPC || errno == ENOMEM);
  visit->depth--;
  /* Folders that vanished or may not be read are no loss; a full table is. */
  struct watch_event event = {.type = WATCH_OVERFLOW, .directory = true, .tree = visit->tree, .path = visit->path};
  if (lost) tell(watcher, &event);
}

bool watcher_add(struct watcher *watcher, const char *path, uint32_t tree) {
  struct visit visit = {.length = strlen(path), .tree = tree};
  if (visit.length == 0 || visit.length >= sizeof visit.path) return errno = ENAMETOOLONG, false;
  memcpy(visit.path, path, visit.length + 1);
  return add_folder(watcher, &visit);
}

/* After a folder was moved its watches would tell the old path. */
static void forget_below(struct watcher *watcher, const char *path) {
  size_t length = strlen(path);
  for (size_t i = 0; i < watcher->room; i++) {
    struct watched *slot = &watcher->table[i];
    if (!slot->path || strncmp(slot->path, path, length) != 0) continue;
    if (slot->path[length] != 0 && slot->path[length] != '/') continue;
    inotify_rm_watch(watcher->inotify, (int)i);
    free(slot->path);
    slot->path = NULL;
  }
}

static void came(struct watcher *watcher, struct visit *visit, bool directory) {
  struct stat found;
  bool link = !directory && lstat(visit->path, &found) == 0 && S_ISLNK(found.st_mode);
  struct watch_event event = {
      .type = WATCH_CREATE, .directory = directory, .link = link, .tree = visit->tree, .path = visit->path};
  tell(watcher, &event);
  visit->announce = true;
  if (directory && watcher->recursive) add_below(watcher, visit);
}

static void went(struct watcher *watcher, const struct visit *visit, bool directory) {
  struct watch_event event = {
      .type = WATCH_REMOVE, .directory = directory, .tree = visit->tree, .path = visit->path};
  if (directory) forget_below(watcher, visit->path);
  tell(watcher, &event);
}

static void handle_named(struct watcher *watcher, struct visit *visit, uint32_t mask) {
  bool directory = mask & IN_ISDIR;
  struct watch_event changed = {
      .type = WATCH_MODIFY, .directory = directory, .tree = visit->tree, .path = visit->path};
  if (mask & (IN_CREATE | IN_MOVED_TO)) came(watcher, visit, directory);
  else if (mask & (IN_DELETE | IN_MOVED_FROM)) went(watcher, visit, directory);
  else if (mask & (IN_MODIFY | IN_ATTRIB)) tell(watcher, &changed);
}

/* Events of a watched thing itself count for the root alone; of others the folder around them told. */
static void handle_self(struct watcher *watcher, const struct watched *slot, uint32_t mask) {
  struct watch_event event = {.tree = slot->tree, .path = slot->path};
  if (mask & (IN_DELETE_SELF | IN_MOVE_SELF)) event.type = WATCH_REMOVE;
  else if (mask & (IN_MODIFY | IN_ATTRIB) && !(mask & IN_ISDIR)) event.type = WATCH_MODIFY;
  if (slot->root && event.type) tell(watcher, &event);
}

static void handle(struct watcher *watcher, const struct inotify_event *event) {
  if (event->mask & IN_Q_OVERFLOW) {
    struct watch_event lost = {.type = WATCH_OVERFLOW, .directory = true, .path = ""};
    tell(watcher, &lost);
    return;
  }
  if (event->wd < 0 || (size_t)event->wd >= watcher->room) return;
  struct watched *slot = &watcher->table[event->wd];
  if (!slot->path) return;
  if (event->mask & IN_IGNORED) {
    free(slot->path);
    slot->path = NULL;
  } else if (event->len == 0) {
    handle_self(watcher, slot, event->mask);
  } else {
    struct visit visit = {.length = strlen(slot->path), .tree = slot->tree};
    memcpy(visit.path, slot->path, visit.length + 1);
    if (push(&visit, event->name)) handle_named(watcher, &visit, event->mask);
  }
}

/* What inotify had: the bytes of one read, 0 when it had nothing, -1 with errno. */
static ssize_t read_once(struct watcher *watcher) {
  _Alignas(struct inotify_event) char buffer[65536];
  ssize_t got = read(watcher->inotify, buffer, sizeof buffer);
  if (got < 0) return errno == EAGAIN || errno == EINTR ? 0 : -1;
  for (ssize_t at = 0; at < got;) {
    const struct inotify_event *event = (const struct inotify_event *)(const void *)(buffer + at);
    at += (ssize_t)(sizeof *event + event->len);
    handle(watcher, event);
  }
  return got;
}

bool watcher_read(struct watcher *watcher) {
  return read_once(watcher) >= 0;
}

bool watcher_drain(struct watcher *watcher) {
  ssize_t got = 1;
  /* Whoever makes files without end is not waited for. */
  for (int reads = 0; got > 0 && reads < DRAIN_READS_MAX; reads++) got = read_once(watcher);
  return got >= 0;
}
