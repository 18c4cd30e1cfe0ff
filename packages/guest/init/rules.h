#ifndef CAISSON_RULES_H
#define CAISSON_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reader;

enum { RULES_MAX = 4096, RULES_POSITIONS_MAX = 8192, RULES_NAME_MAX = 255 };

enum rule_only { RULE_ANY = 0, RULE_FILE = 1, RULE_DIRECTORY = 2 };

/* One glob over path components, with a clause of the policy as its id. */
struct rule {
  char *id;
  uint8_t only;
  bool protect;
  /* Its places in rules.components; the place after the last one means "matched". */
  uint32_t first;
  uint32_t count;
};

enum component_kind { COMPONENT_LITERAL, COMPONENT_GLOB, COMPONENT_FOLDERS, COMPONENT_END };

struct rule_component {
  char *text;
  uint16_t length;
  uint8_t kind;
  uint32_t rule;
};

/* Deny and protect rules of one mount, as one automaton whose states are positions between components. */
struct rules {
  struct rule *list;
  size_t count;
  struct rule_component *components;
  size_t positions;
  size_t words;
};

/* The positions that are alive in one folder, prepared so that most names fail on their first byte. */
struct rules_level {
  uint64_t *alive;
  uint64_t *kept;
  uint32_t *tries;
  size_t try_count;
  uint64_t first_bytes[4];
  /* No rule is alive; a name that fails on its first byte leaves all alive that is; such a name may match as well. */
  bool idle;
  bool steady;
  bool matches_any;
};

struct rules_name {
  const char *text;
  size_t length;
  bool directory;
  /* A symbolic link stands for whatever it leads to, so `only` does not exclude it. */
  bool link;
  /* A socket or FIFO: whoever holds the other end may be outside. */
  bool door;
};

struct rules_match {
  const struct rule *deny;
  const struct rule *protect;
};

/* Appends a list<rule>; false (and reader->bad) when it is malformed. */
bool rules_read(struct reader *from, bool protect, struct rules *into);
void rules_free(struct rules *rules);

/* Memory for a level; false when there is none. Free with rules_level_free. */
bool rules_level_new(const struct rules *rules, struct rules_level *level);
void rules_level_free(struct rules_level *level);

/* The level of the mount's root. */
void rules_level_start(const struct rules *rules, struct rules_level *level);

/* The level of a folder, from what rules_step gave for its name. */
void rules_level_enter(const struct rules *rules, struct rules_level *level, const uint64_t *next);

/*
 * What `name` in that folder matches. With `next` (rules->words long) it is filled with the positions alive inside
 * it, and the result's bool says whether there is any.
 */
bool rules_step(const struct rules *rules, const struct rules_level *level, const struct rules_name *name,
                uint64_t *next, struct rules_match *match);

/* Whether `name` fails on its first byte, so that rules_step would give nothing but what every such name gets. */
bool rules_miss(const struct rules_level *level, const struct rules_name *name);

/* Removes the protect rules' positions; false when nothing stays alive. */
bool rules_keep_deny(const struct rules *rules, uint64_t *next);

/* Any rule that is alive, to name in a report; NULL when none is. */
const struct rule *rules_alive(const struct rules *rules, const uint64_t *alive);

bool glob_matches(const char *glob, const char *name);

#endif
