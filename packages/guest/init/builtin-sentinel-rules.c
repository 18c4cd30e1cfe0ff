#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "builtin-sentinel.h"
#include "protocol.h"
#include "wire.h"

enum { SENTINEL_MOUNTS_MAX = 4096 };

static char *read_target(struct reader *from) {
  char path[PATH_BYTES_MAX + 1];
  char *copy = r_cstr(from, path, sizeof path) && path[0] == '/' ? strdup(path) : NULL;
  if (!copy) from->bad = true;
  return copy;
}

static bool read_mount(struct reader *from, struct sentinel_mount *mount) {
  mount->index = r_u32(from);
  mount->target = read_target(from);
  if (from->bad || !rules_read(from, false, &mount->rules) || !rules_read(from, true, &mount->rules)) return false;
  mount->next = calloc(mount->rules.words + 1, sizeof *mount->next);
  return mount->next && rules_level_new(&mount->rules, &mount->level);
}

bool sentinel_read(struct reader *from, struct sentinel *sentinel) {
  *sentinel = (struct sentinel){0};
  uint32_t count = r_count(from, 16);
  if (from->bad || count > SENTINEL_MOUNTS_MAX) return false;
  sentinel->mounts = calloc(count + 1, sizeof *sentinel->mounts);
  if (!sentinel->mounts) return false;
  while (sentinel->count < count)
    if (!read_mount(from, &sentinel->mounts[sentinel->count++])) return false;
  return r_done(from);
}

void sentinel_free(struct sentinel *sentinel) {
  for (size_t i = 0; i < sentinel->count; i++) {
    struct sentinel_mount *mount = &sentinel->mounts[i];
    free(mount->target);
    free(mount->next);
    rules_free(&mount->rules);
    rules_level_free(&mount->level);
  }
  free(sentinel->mounts);
  *sentinel = (struct sentinel){0};
}

static const char *below(const char *path, const char *root) {
  size_t length = strlen(root);
  while (length > 0 && root[length - 1] == '/') length--;
  if (strncmp(path, root, length) != 0 || path[length] != '/') return NULL;
  while (path[length] == '/') length++;
  return path + length;
}

bool sentinel_match(struct sentinel_mount *mount, const struct sentinel_path *path, struct rules_match *match) {
  char text[RULES_NAME_MAX + 1];
  const struct rules *rules = &mount->rules;
  const char *rest = below(path->path, mount->target);
  *match = (struct rules_match){0};
  if (!rest) return rules->count > 0;
  rules_level_start(rules, &mount->level);
  for (;;) {
    size_t length = strcspn(rest, "/");
    if (length == 0 || length > RULES_NAME_MAX) return false;
    memcpy(text, rest, length);
    text[length] = 0;
    bool last = rest[length] == 0;
    struct rules_name name = {.text = text, .length = length, .directory = !last || path->directory,
                              .link = last && path->link};
    bool more = rules_step(rules, &mount->level, &name, mount->next, match);
    if (last) return more;
    if (match->deny || match->protect || !more) return *match = (struct rules_match){0}, false;
    rules_level_enter(rules, &mount->level, mount->next);
    rest += length + 1;
  }
}
