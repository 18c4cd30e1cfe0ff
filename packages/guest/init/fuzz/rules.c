/* The automaton against a slow matcher that is plain to see through; they must agree on every path. */
#include "../rules.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../wire.h"

enum { DEPTH_MAX = 8, COMPONENTS_MAX = 6 };

struct fuzz_path {
  char names[DEPTH_MAX][8];
  size_t depth;
};

static bool plain_glob(const char *glob, const char *name) {
  if (!*glob) return !*name;
  if (*glob == '*') return plain_glob(glob + 1, name) || (*name && plain_glob(glob, name + 1));
  return *name && (*glob == '?' || *glob == *name) && plain_glob(glob + 1, name + 1);
}

static bool plain_match(const struct rules *rules, size_t position, const struct fuzz_path *path, size_t at) {
  const struct rule_component *component = &rules->components[position];
  if (component->kind == COMPONENT_END) return at == path->depth;
  if (component->kind == COMPONENT_FOLDERS) {
    if (plain_match(rules, position + 1, path, at)) return true;
    return at < path->depth && plain_match(rules, position, path, at + 1);
  }
  return at < path->depth && plain_glob(component->text, path->names[at]) && plain_match(rules, position + 1, path, at + 1);
}

static const struct rule *plain_first(const struct rules *rules, const struct fuzz_path *path, bool protect) {
  for (size_t i = 0; i < rules->count; i++)
    if (rules->list[i].protect == protect && plain_match(rules, rules->list[i].first, path, 0)) return &rules->list[i];
  return NULL;
}

static struct rules_match fast_match(const struct rules *rules, const struct fuzz_path *path) {
  struct rules_match match = {0};
  struct rules_level level;
  uint64_t *next = calloc(rules->words + 1, sizeof *next);
  if (!next || !rules_level_new(rules, &level)) abort();
  rules_level_start(rules, &level);
  for (size_t i = 0; i < path->depth; i++) {
    struct rules_name name = {.text = path->names[i], .length = strlen(path->names[i]), .link = true};
    bool more = rules_step(rules, &level, &name, next, &match);
    bool miss = rules_miss(&level, &name);
    if (miss && (match.deny || match.protect || (level.idle && more))) abort();
    if (miss && level.steady && memcmp(next, level.alive, rules->words * sizeof *next) != 0) abort();
    if (!more && i + 1 < path->depth) {
      match = (struct rules_match){0};
      break;
    }
    rules_level_enter(rules, &level, next);
  }
  rules_level_free(&level);
  free(next);
  return match;
}

static void take_path(const uint8_t **data, const uint8_t *end, struct fuzz_path *path) {
  path->depth = 0;
  while (*data < end && path->depth < DEPTH_MAX) {
    size_t length = 0;
    uint8_t byte = *(*data)++;
    char *name = path->names[path->depth];
    for (; length < 1 + byte % 6u && *data < end; length++) {
      uint8_t drawn = *(*data)++;
      name[length] = "abc*?.x\xff"[drawn % 8];
    }
    name[length] = 0;
    if (length > 0 && strcmp(name, ".") != 0 && strcmp(name, "..") != 0) path->depth++;
    if (byte & 0x80) break;
  }
}

static void write_rule(struct writer *to, const struct fuzz_path *path) {
  size_t count = path->depth < COMPONENTS_MAX ? path->depth : COMPONENTS_MAX;
  w_str(to, "rule");
  w_u8(to, RULE_ANY);
  w_u32(to, (uint32_t)count);
  for (size_t i = 0; i < count; i++) w_str(to, path->names[i]);
}

static void compare(const struct rules *rules, const struct fuzz_path *path) {
  struct rules_match fast = fast_match(rules, path);
  if (fast.deny != plain_first(rules, path, false) || fast.protect != plain_first(rules, path, true)) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const uint8_t *end = data + size;
  struct rules rules = {0};
  struct fuzz_path path;
  for (int i = 0; i < 4; i++) {
    struct writer wire = w_growing(4096);
    take_path(&data, end, &path);
    w_u32(&wire, path.depth > 0 ? 1 : 0);
    if (path.depth > 0) write_rule(&wire, &path);
    struct reader from = r_over(wire.bytes, wire.used);
    if (!rules_read(&from, i % 2 == 1, &rules)) abort();
    w_free(&wire);
  }
  while (data < end && rules.count > 0) {
    take_path(&data, end, &path);
    if (path.depth > 0) compare(&rules, &path);
  }
  rules_free(&rules);
  return 0;
}
