#include <stdlib.h>
#include <string.h>

#include "rules.h"

static void set_bit(uint64_t *set, size_t bit) {
  set[bit / 64] |= UINT64_C(1) << (bit % 64);
}

static bool has_bit(const uint64_t *set, size_t bit) {
  return set[bit / 64] >> (bit % 64) & 1;
}

/* `**` stands for no folder too, so whoever is before it is also behind it. */
static void add_position(const struct rules *rules, uint64_t *set, size_t position) {
  set_bit(set, position);
  while (rules->components[position].kind == COMPONENT_FOLDERS) set_bit(set, ++position);
}

bool rules_level_new(const struct rules *rules, struct rules_level *level) {
  *level = (struct rules_level){
      .alive = calloc(rules->words + 1, sizeof(uint64_t)),
      .kept = calloc(rules->words + 1, sizeof(uint64_t)),
      .tries = calloc(rules->positions + 1, sizeof(uint32_t)),
  };
  if (level->alive && level->kept && level->tries) return true;
  rules_level_free(level);
  return false;
}

void rules_level_free(struct rules_level *level) {
  free(level->alive);
  free(level->kept);
  free(level->tries);
  *level = (struct rules_level){0};
}

static void add_try(const struct rules *rules, struct rules_level *level, size_t position) {
  const struct rule_component *component = &rules->components[position];
  level->tries[level->try_count++] = (uint32_t)position;
  unsigned char first = (unsigned char)component->text[0];
  if (component->kind == COMPONENT_GLOB && (first == '*' || first == '?'))
    memset(level->first_bytes, 0xff, sizeof level->first_bytes);
  else
    set_bit(level->first_bytes, first);
}

static void summarize(const struct rules *rules, struct rules_level *level) {
  level->steady = memcmp(level->kept, level->alive, rules->words * sizeof *level->kept) == 0;
  level->matches_any = false;
  level->idle = level->try_count == 0;
  for (size_t word = 0; word < rules->words; word++) {
    if (level->kept[word]) level->idle = false;
    for (uint64_t left = level->kept[word]; left; left &= left - 1)
      if (rules->components[word * 64 + (size_t)__builtin_ctzll(left)].kind == COMPONENT_END) level->matches_any = true;
  }
}

static void prepare(const struct rules *rules, struct rules_level *level) {
  level->try_count = 0;
  memset(level->kept, 0, rules->words * sizeof *level->kept);
  memset(level->first_bytes, 0, sizeof level->first_bytes);
  for (size_t word = 0; word < rules->words; word++) {
    if (!level->alive[word]) continue;
    for (size_t position = word * 64; position < rules->positions && position < word * 64 + 64; position++) {
      if (!has_bit(level->alive, position)) continue;
      uint8_t kind = rules->components[position].kind;
      if (kind == COMPONENT_FOLDERS) add_position(rules, level->kept, position);
      else if (kind != COMPONENT_END) add_try(rules, level, position);
    }
  }
  summarize(rules, level);
}

void rules_level_start(const struct rules *rules, struct rules_level *level) {
  memset(level->alive, 0, rules->words * sizeof *level->alive);
  for (size_t i = 0; i < rules->count; i++) add_position(rules, level->alive, rules->list[i].first);
  prepare(rules, level);
}

void rules_level_enter(const struct rules *rules, struct rules_level *level, const uint64_t *next) {
  memcpy(level->alive, next, rules->words * sizeof *next);
  prepare(rules, level);
}

static bool kind_fits(const struct rule *rule, const struct rules_name *name) {
  if (rule->only == RULE_ANY || name->link) return true;
  return (rule->only == RULE_DIRECTORY) == name->directory;
}

static void note_match(const struct rules *rules, size_t position, const struct rules_name *name,
                       struct rules_match *match) {
  const struct rule *rule = &rules->list[rules->components[position].rule];
  const struct rule **slot = rule->protect ? &match->protect : &match->deny;
  if (!*slot && kind_fits(rule, name)) *slot = rule;
}

static bool fits(const struct rule_component *component, const struct rules_name *name) {
  if (component->kind == COMPONENT_LITERAL)
    return component->length == name->length && memcmp(component->text, name->text, name->length) == 0;
  return glob_matches(component->text, name->text);
}

static bool finish_step(const struct rules *rules, const struct rules_name *name, const uint64_t *next,
                        struct rules_match *match) {
  bool any = false;
  for (size_t word = 0; word < rules->words; word++) {
    for (uint64_t left = next[word]; left; left &= left - 1) {
      size_t position = word * 64 + (size_t)__builtin_ctzll(left);
      if (rules->components[position].kind == COMPONENT_END) note_match(rules, position, name, match);
      else any = true;
    }
  }
  return any;
}

bool rules_miss(const struct rules_level *level, const struct rules_name *name) {
  return !level->matches_any && !has_bit(level->first_bytes, (unsigned char)name->text[0]);
}

bool rules_step(const struct rules *rules, const struct rules_level *level, const struct rules_name *name,
                uint64_t *next, struct rules_match *match) {
  *match = (struct rules_match){0};
  memcpy(next, level->kept, rules->words * sizeof *next);
  if (has_bit(level->first_bytes, (unsigned char)name->text[0])) {
    for (size_t i = 0; i < level->try_count; i++) {
      uint32_t position = level->tries[i];
      if (fits(&rules->components[position], name)) add_position(rules, next, position + 1);
    }
  }
  return finish_step(rules, name, next, match);
}

bool rules_keep_deny(const struct rules *rules, uint64_t *next) {
  bool any = false;
  for (size_t i = 0; i < rules->positions; i++) {
    if (!has_bit(next, i)) continue;
    if (rules->list[rules->components[i].rule].protect) next[i / 64] &= ~(UINT64_C(1) << (i % 64));
    else if (rules->components[i].kind != COMPONENT_END) any = true;
  }
  return any;
}

const struct rule *rules_alive(const struct rules *rules, const uint64_t *alive) {
  for (size_t i = 0; i < rules->positions; i++)
    if (has_bit(alive, i)) return &rules->list[rules->components[i].rule];
  return NULL;
}
