#include "rules.h"

#include <stdlib.h>
#include <string.h>

#include "wire.h"

static bool grow_components(struct rules *into, size_t more) {
  size_t wanted = into->positions + more;
  if (wanted > RULES_POSITIONS_MAX) return false;
  struct rule_component *grown = realloc(into->components, wanted * sizeof *grown);
  if (!grown) return false;
  memset(grown + into->positions, 0, more * sizeof *grown);
  into->components = grown;
  return true;
}

/* Memory of its own; NULL when the string is bad. */
static char *read_string(struct reader *from) {
  struct span span = r_str(from);
  char *text = from->bad ? NULL : calloc(span.size + 1, 1);
  if (text && span.size > 0) memcpy(text, span.bytes, span.size);
  return text;
}

static bool component_is_legal(const char *text, size_t length) {
  if (length == 0 || length > RULES_NAME_MAX || memchr(text, '/', length)) return false;
  return strcmp(text, ".") != 0 && strcmp(text, "..") != 0;
}

static uint8_t component_kind(const char *text) {
  if (strcmp(text, "**") == 0) return COMPONENT_FOLDERS;
  return strpbrk(text, "*?") ? COMPONENT_GLOB : COMPONENT_LITERAL;
}

static bool read_components(struct reader *from, struct rules *into, struct rule *rule) {
  uint32_t rule_number = (uint32_t)into->count;
  uint32_t count = r_u32(from);
  if (from->bad || count == 0 || count > 256 || !grow_components(into, count + 1)) return false;
  rule->first = (uint32_t)into->positions;
  rule->count = count;
  for (uint32_t i = 0; i < count; i++) {
    char *text = read_string(from);
    if (!text) return false;
    struct rule_component *at = &into->components[into->positions++];
    size_t length = strlen(text);
    *at = (struct rule_component){.text = text, .length = (uint16_t)length, .rule = rule_number};
    if (!component_is_legal(text, length)) return false;
    at->kind = component_kind(text);
  }
  into->components[into->positions++] = (struct rule_component){.kind = COMPONENT_END, .rule = rule_number};
  return true;
}

static bool read_rule(struct reader *from, bool protect, struct rules *into) {
  if (into->count >= RULES_MAX) return false;
  struct rule *grown = realloc(into->list, (into->count + 1) * sizeof *grown);
  if (!grown) return false;
  into->list = grown;
  struct rule *rule = &grown[into->count];
  *rule = (struct rule){.id = read_string(from), .protect = protect};
  if (!rule->id) return false;
  rule->only = r_u8(from);
  bool legal = !from->bad && rule->only <= RULE_DIRECTORY && read_components(from, into, rule);
  into->count++;
  return legal;
}

bool rules_read(struct reader *from, bool protect, struct rules *into) {
  uint32_t count = r_count(from, 9);
  for (uint32_t i = 0; i < count && !from->bad; i++)
    if (!read_rule(from, protect, into)) from->bad = true;
  into->words = (into->positions + 63) / 64;
  return !from->bad;
}

void rules_free(struct rules *rules) {
  for (size_t i = 0; i < rules->count; i++) free(rules->list[i].id);
  for (size_t i = 0; i < rules->positions; i++) free(rules->components[i].text);
  free(rules->list);
  free(rules->components);
  *rules = (struct rules){0};
}

/* Greedy, with one point to come back to: linear in practice, never worse than glob times name. */
bool glob_matches(const char *glob, const char *name) {
  const char *star = NULL, *retry = NULL;
  while (*name) {
    if (*glob == '*') {
      star = ++glob;
      retry = name;
    } else if (*glob && (*glob == '?' || *glob == *name)) {
      glob++;
      name++;
    } else if (star) {
      glob = star;
      name = ++retry;
    } else {
      return false;
    }
  }
  while (*glob == '*') glob++;
  return !*glob;
}
