/* The sentinel's input and its judgement of a path, both from the same bytes. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../builtin-sentinel.h"
#include "../wire.h"

static void judge(struct sentinel *sentinel, const uint8_t *bytes, size_t size) {
  char *path = calloc(size + 2, 1);
  if (!path) return;
  path[0] = '/';
  memcpy(path + 1, bytes, size);
  for (size_t i = 0; i < sentinel->count; i++) {
    struct rules_match match;
    struct sentinel_path found = {.path = path, .directory = size & 1, .link = size & 2};
    sentinel_match(&sentinel->mounts[i], &found, &match);
    if ((match.deny && match.deny->protect) || (match.protect && !match.protect->protect)) abort();
  }
  free(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte says how much of the end is the path. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0) return 0;
  size_t tail = data[0] < size - 1 ? data[0] : size - 1;
  struct sentinel sentinel;
  struct reader from = r_over(data + 1, size - 1 - tail);
  if (sentinel_read(&from, &sentinel)) judge(&sentinel, data + size - tail, tail);
  sentinel_free(&sentinel);
  return 0;
}
