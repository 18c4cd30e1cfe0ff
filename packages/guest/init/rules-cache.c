#include "rules-cache.h"

#include <string.h>

static uint64_t hash_of(const struct rules *rules, const uint64_t *alive) {
  uint64_t hash = UINT64_C(0xcbf29ce484222325);
  for (size_t word = 0; word < rules->words; word++) {
    hash ^= alive[word];
    hash *= UINT64_C(0x100000001b3);
    hash ^= hash >> 29;
  }
  return hash;
}

const struct rules_level *rules_cache_enter(struct rules_cache *cache, const struct rules *rules,
                                            const uint64_t *alive) {
  uint64_t hash = hash_of(rules, alive);
  for (size_t i = 0; i < cache->count; i++)
    if (cache->hashes[i] == hash && memcmp(cache->levels[i].alive, alive, rules->words * sizeof *alive) == 0)
      return &cache->levels[i];
  if (cache->count == RULES_CACHE_MAX || !rules_level_new(rules, &cache->levels[cache->count])) return NULL;
  struct rules_level *level = &cache->levels[cache->count];
  rules_level_enter(rules, level, alive);
  cache->hashes[cache->count++] = hash;
  return level;
}

void rules_cache_free(struct rules_cache *cache) {
  for (size_t i = 0; i < cache->count; i++) rules_level_free(&cache->levels[i]);
  cache->count = 0;
}
