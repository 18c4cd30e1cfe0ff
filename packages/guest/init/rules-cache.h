#ifndef CAISSON_RULES_CACHE_H
#define CAISSON_RULES_CACHE_H

#include "rules.h"

enum { RULES_CACHE_MAX = 64 };

/* Levels that were prepared before: a tree of many folders has few different ones. None is ever given up. */
struct rules_cache {
  struct rules_level levels[RULES_CACHE_MAX];
  uint64_t hashes[RULES_CACHE_MAX];
  size_t count;
};

/* The level in which `alive` holds; NULL when it is new and there is no room for it. */
const struct rules_level *rules_cache_enter(struct rules_cache *cache, const struct rules *rules,
                                            const uint64_t *alive);
void rules_cache_free(struct rules_cache *cache);

#endif
