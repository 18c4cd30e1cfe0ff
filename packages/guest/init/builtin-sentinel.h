#ifndef CAISSON_BUILTIN_SENTINEL_H
#define CAISSON_BUILTIN_SENTINEL_H

#include "rules.h"

/* One mount that is watched for things that its rules name. */
struct sentinel_mount {
  uint32_t index;
  char *target;
  struct rules rules;
  /* Room for matching. */
  struct rules_level level;
  uint64_t *next;
};

struct sentinel {
  struct sentinel_mount *mounts;
  size_t count;
};

struct reader;

/* Decodes what stdin says, without any effect; false when malformed. */
bool sentinel_read(struct reader *from, struct sentinel *sentinel);
void sentinel_free(struct sentinel *sentinel);

struct sentinel_path {
  const char *path;
  bool directory;
  bool link;
};

/*
 * What the rules of a mount say about an absolute path in it. Below a folder that is itself named, nothing is: the
 * folder was told of. False when no rule can match anything below it either.
 */
bool sentinel_match(struct sentinel_mount *mount, const struct sentinel_path *path, struct rules_match *match);

#endif
